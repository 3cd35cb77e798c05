import type { ImageTokens, MadeImage } from "@gateway/engine";
import { garbage } from "../upstream/upstream-errors.ts";
import { isPicture } from "./is-picture.ts";

/** Whose answer is read, and what it was to be. */
export interface ImageSource {
  /** The backend's name, for errors. */
  backend: string;
  /** The format that was asked for. */
  format: string | undefined;
}

/** The answer of an images endpoint, as far as it is read; nothing of it is certain. */
export interface ImageAnswer {
  error?: unknown;
  data?: ImageFound[] | null;
  usage?: unknown;
  size?: unknown;
  quality?: unknown;
  background?: unknown;
  output_format?: unknown;
}

/** A picture in it, or the last event of a stream. */
export interface ImageFound {
  b64_json?: unknown;
  url?: unknown;
  revised_prompt?: unknown;
}

const dataUrl = /^data:[^,]*;base64,/i;
const base64 = /^[A-Za-z0-9+/\r\n_-]+={0,2}\s*$/;

/** The picture of an answer, which may be any JSON. Throws `upstream_garbage` where there is none in base64. */
export function fromImageAnswer(answer: ImageAnswer | null, source: ImageSource): MadeImage {
  const found = Array.isArray(answer?.data) ? answer.data[0] : undefined;
  return toMadeImage(found ?? {}, answer ?? {}, source);
}

/** A picture and what was said of it. Throws as {@link fromImageAnswer} does. */
export function toMadeImage(found: ImageFound, told: ImageAnswer, source: ImageSource): MadeImage {
  const { backend, format } = source;
  const content = contentOf(found);
  if (content === undefined)
    throw garbage(
      backend,
      typeof found.url === "string" ? "a URL where a picture in base64 was asked for" : "no picture",
    );
  if (!isPicture(content, format)) throw garbage(backend, "something else in place of a picture");
  return {
    content,
    revisedPrompt: textOf(found.revised_prompt),
    size: textOf(told.size),
    quality: textOf(told.quality),
    background: textOf(told.background),
    outputFormat: textOf(told.output_format),
    usage: toTokens(told.usage),
  };
}

function contentOf({ b64_json: encoded, url }: ImageFound): string | undefined {
  const text = typeof encoded === "string" && encoded !== "" ? encoded : url;
  if (typeof text !== "string") return undefined;
  if (text === url && !dataUrl.test(text)) return undefined;
  const bare = text.replace(dataUrl, "");
  return base64.test(bare) ? bare.replace(/\s+/g, "") : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function toTokens(usage: unknown): ImageTokens | undefined {
  if (typeof usage !== "object" || usage === null) return undefined;
  const { input_tokens, output_tokens, input_tokens_details, output_tokens_details } = usage as Record<
    string,
    unknown
  >;
  const into = (input_tokens_details ?? {}) as Record<string, unknown>;
  const out = (output_tokens_details ?? {}) as Record<string, unknown>;
  return {
    input: countOf(input_tokens),
    inputImage: countOf(into.image_tokens),
    inputText: countOf(into.text_tokens),
    output: countOf(output_tokens),
    outputImage: countOf(out.image_tokens),
    outputText: countOf(out.text_tokens),
  };
}

function countOf(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
