import { type RecordedRequest, type Script, type ScriptedCall, text, toolCalls } from "@gateway/testkit";

/**
 * A model that makes these calls, turn by turn, and then answers. It knows its turn by the outputs behind the last user
 * message.
 */
export function calling(
  turns: readonly (readonly ScriptedCall[])[],
  answer: string,
): (request: RecordedRequest) => Script {
  const usage = { prompt: 10, completion: 5 };
  return ({ body }) => {
    const messages = body.messages ?? [];
    const outputs = messages
      .slice(messages.findLastIndex(({ role }) => role === "user"))
      .filter(({ role }) => role === "tool").length;
    let before = 0;
    for (const turn of turns) {
      if (before === outputs) return toolCalls([...turn], { usage });
      before += turn.length;
    }
    return text(answer, { usage });
  };
}

/** What the model was shown of its calls in a request, one text for each, in order. */
export function shownOutputs(request: RecordedRequest | undefined): string[] {
  return (request?.body.messages ?? []).flatMap(({ role, content }) =>
    role === "tool" ? [String(content)] : [],
  );
}

/** The names of the functions that the model was offered in a request. */
export function offeredNames(request: RecordedRequest | undefined): string[] {
  return (request?.body.tools ?? []).map((tool) => tool.function.name);
}
