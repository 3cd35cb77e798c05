import {
  errorAnswer,
  json,
  type RecordedRequest,
  type Script,
  type ScriptedBackend,
  text,
} from "@gateway/testkit";

/** Settings of {@link playCountingModel}. */
export interface CountingModel {
  /** Tokens that fit. */
  window: number;
  /** Whether the list of models tells it, as vLLM's does. */
  tellsWindow?: boolean;
  /** Whether it counts for others, as vLLM does. */
  counts?: boolean;
}

/** What a request comes to: a token is a word, and one for each message. */
function tokensOf({ body }: RecordedRequest): number {
  return (body.messages ?? []).reduce((sum, { content }) => {
    return sum + 1 + (typeof content === "string" ? content.split(" ").length : 0);
  }, 0);
}

/** Lets a scripted backend play a vLLM server whose tokens are words: it counts, and refuses what is too long. */
export function playCountingModel(
  backend: ScriptedBackend,
  { window, tellsWindow = true, counts = true }: CountingModel,
): void {
  const max = tellsWindow ? { max_model_len: window } : {};
  backend.setModelsScript(json({ object: "list", data: [{ id: "scripted", object: "model", ...max }] }));
  if (counts)
    backend.byPath("/tokenize", (request) => json({ count: tokensOf(request), max_model_len: window }));
  backend.setDefault((request): Script => {
    const tokens = tokensOf(request);
    if (tokens < window) return text("Yes");
    return errorAnswer(400, {
      message: `This model's maximum context length is ${window} tokens. However, your request has ${tokens} input tokens. Please reduce the length of the input messages. (parameter=input_tokens, value=${tokens})`,
      type: "BadRequestError",
      param: "input_tokens",
      ...({ code: 400 } as object),
    });
  });
}

/** A text of so many words. */
export function words(count: number, name = "w"): string {
  return Array.from({ length: count }, (_, n) => `${name}${n}`).join(" ");
}
