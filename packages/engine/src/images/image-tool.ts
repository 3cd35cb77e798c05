import { ApiError, type FunctionTool, type ImageFacts, type ImageGenerationTool } from "@gateway/protocol";
import type { RequestScope } from "../engine-deps.ts";
import { readArguments } from "../tools/read-arguments.ts";
import { type ServerCall, type ServerTool, ToolInputError } from "../tools/server-tool.ts";
import type { ImageMaker, ImageOrder, MadeImage } from "./image-maker.ts";
import { type ImageOutcome, OpenImageCall } from "./open-image-call.ts";
import { PartialQueue } from "./partial-queue.ts";

/** What the tool is opened with. */
export interface ImageOpening {
  /** The name that the model is to know it by. */
  name: string;
  scope: Pick<RequestScope, "onFault">;
  maker: ImageMaker;
}

/** Characters of a prompt; no images endpoint takes more. */
const maxPromptChars = 32_000;

/** Opens the `image_generation` tool of a request. */
export function openImageTool(
  declared: ImageGenerationTool,
  { name, scope, maker }: ImageOpening,
): ServerTool {
  const asksSize = declared.size == null || declared.size === "auto";
  return {
    type: declared.type,
    itemType: "image_generation_call",
    definition: toDefinition(name, asksSize),
    call(args, signal) {
      const { prompt, size } = readOrder(args);
      return makeImage(toOrder(declared, prompt, asksSize ? size : undefined), { scope, maker }, signal);
    },
  };
}

function makeImage(
  order: ImageOrder,
  { scope, maker }: Pick<ImageOpening, "scope" | "maker">,
  signal: AbortSignal,
): ServerCall {
  const asked = toFacts(order, undefined);
  const partials = new PartialQueue<string>();
  let wanted = order.partialImages;
  const show = (content: string) => {
    // A server may send more than it was asked for.
    if (wanted-- > 0) partials.push(content);
  };
  let outcome: ImageOutcome | undefined;
  let made: MadeImage | undefined;
  let opened: OpenImageCall | undefined;
  const work = maker
    .make(order, show, signal)
    .then(
      (image) => {
        made = image;
        outcome = { result: image.content, facts: toFacts(order, image) };
      },
      (thrown: unknown) => {
        signal.throwIfAborted();
        // The model is told, and may answer without.
        const { type, code, message, param } = ApiError.from(thrown);
        outcome = { error: { type, code, message, param }, facts: asked };
        scope.onFault("making a picture failed", thrown);
      },
    )
    .finally(() => partials.end());
  return {
    work,
    get use() {
      return { image: made?.usage };
    },
    open(id, index, emit) {
      opened = new OpenImageCall(id, index, emit, () => outcome);
      return opened;
    },
    async *progress() {
      for await (const content of partials) {
        opened?.partial(content, asked);
        yield;
      }
    },
  };
}

function toOrder(declared: ImageGenerationTool, prompt: string, size: string | undefined): ImageOrder {
  return {
    prompt,
    model: declared.model ?? undefined,
    size: size ?? declared.size ?? undefined,
    quality: declared.quality ?? undefined,
    background: declared.background ?? undefined,
    outputFormat: declared.output_format ?? undefined,
    outputCompression: declared.output_compression ?? undefined,
    moderation: declared.moderation ?? undefined,
    partialImages: declared.partial_images ?? 0,
  };
}

/** How the picture was made: what its server says of it, else what was asked for. */
function toFacts(order: ImageOrder, made: MadeImage | undefined): ImageFacts {
  const facts = {
    background: made?.background ?? order.background,
    output_format: made?.outputFormat ?? order.outputFormat,
    quality: made?.quality ?? order.quality,
    size: made?.size ?? order.size,
    revised_prompt: made?.revisedPrompt ?? order.prompt,
  };
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  return { action: "generate", ...Object.fromEntries(known) };
}

function readOrder(args: string): { prompt: string; size: string | undefined } {
  const expected = 'Expected {"prompt": "…"}.';
  const { prompt, size } = readArguments(args, expected);
  if (typeof prompt !== "string" || prompt.trim() === "")
    throw new ToolInputError(`There is no prompt. ${expected}`);
  return {
    prompt: prompt.trim().slice(0, maxPromptChars).toWellFormed(),
    // A size that is none is one that the model made up.
    size: typeof size === "string" && /^[1-9]\d{1,4}x[1-9]\d{1,4}$/.test(size) ? size : undefined,
  };
}

function toDefinition(name: string, asksSize: boolean): FunctionTool {
  const size = {
    type: "string",
    enum: ["1024x1024", "1024x1536", "1536x1024"],
    description: "Width and height in pixels: square, upright or wide.",
  };
  return {
    type: "function",
    name,
    description:
      "Makes a picture from a description and shows it to the user. Use it when the user wants a picture; never claim to have made one without it.",
    parameters: {
      type: "object",
      properties: {
        prompt: {
          type: "string",
          description: "What is to be seen, in full: subject, surroundings, style, light, colours, texts.",
        },
        ...(asksSize && { size }),
      },
      required: ["prompt"],
      additionalProperties: false,
    },
    strict: false,
  };
}
