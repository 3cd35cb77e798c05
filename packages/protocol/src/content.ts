import * as z from "zod";

/** Text a caller sends. */
const inputText = z.looseObject({ type: z.literal("input_text"), text: z.string() });

/** Digits of base64, also of the kind that is safe in URLs; line breaks and padding where it likes. */
const base64 = /^[A-Za-z0-9+/_=%\s-]*$/;

/** What a data URL (RFC 2397) says to be base64 has to look like it: else every model's server fails in its own words. */
const imageUrl = z.string().check(({ value, issues }) => {
  if (!/^data:/i.test(value)) return;
  const comma = value.indexOf(",");
  if (!/;base64$/i.test(value.slice(0, Math.max(comma, 0))) || base64.test(value.slice(comma + 1))) return;
  const message = "the data URL is not in base64";
  issues.push({ code: "custom", message, params: { code: "invalid_base64_image" }, input: value });
});

/** A picture by URL (http, https or data) or by file id. */
const inputImage = z.looseObject({
  type: z.literal("input_image"),
  image_url: imageUrl.nullish(),
  file_id: z.string().nullish(),
  detail: z.enum(["low", "high", "auto", "original"]).nullish(),
});

/** A file by id, by inline data (base64 or a data URL) or by URL. */
const inputFile = z.looseObject({
  type: z.literal("input_file"),
  file_id: z.string().nullish(),
  file_data: z.string().nullish(),
  file_url: z.string().nullish(),
  filename: z.string().nullish(),
});

const inputAudio = z.looseObject({
  type: z.literal("input_audio"),
  input_audio: z.looseObject({ data: z.string(), format: z.enum(["mp3", "wav"]) }),
});

/** Text a model wrote. What else SDKs send back with it (`parsed`) is kept. */
const outputText = z.looseObject({
  type: z.literal("output_text"),
  text: z.string(),
  annotations: z.unknown().optional(),
  logprobs: z.unknown().optional(),
});

const refusal = z.looseObject({ type: z.literal("refusal"), refusal: z.string() });

/** Any part of a message's content, in either direction. */
export const contentPart = z.discriminatedUnion("type", [
  inputText,
  inputImage,
  inputFile,
  inputAudio,
  outputText,
  refusal,
]);

/** Parts that a tool may answer with. */
export const toolOutputPart = z.discriminatedUnion("type", [inputText, inputImage, inputFile]);

/** What may stand in for a variable of a prompt. */
export const promptVariable = z.union([
  z.string(),
  z.discriminatedUnion("type", [inputText, inputImage, inputFile]),
]);

export type PromptVariable = z.infer<typeof promptVariable>;
export type ContentPart = z.infer<typeof contentPart>;
export type InputImage = z.infer<typeof inputImage>;

/** One alternative token with its log probability (natural logarithm). */
export type TopLogprob = {
  token: string;
  logprob: number;
  bytes: number[];
};

/** A generated token with its log probability and the alternatives asked for. */
export type Logprob = TopLogprob & {
  top_logprobs: TopLogprob[];
};

/** A mark on a span of output text: a link, a file, a citation. */
export type Annotation = {
  type: string;
  [key: string]: unknown;
};

/** A text part as the gateway emits it: every key present. */
export type OutputTextPart = {
  type: "output_text";
  text: string;
  annotations: Annotation[];
  logprobs: Logprob[];
};

/** A refusal part as the gateway emits it. */
export type RefusalPart = {
  type: "refusal";
  refusal: string;
};
