import { newId, parseCreateRequest, unprocessable, validate } from "@gateway/protocol";
import * as z from "zod";
import type { SteerFrame } from "./parse-frame.ts";

/** A message of the user's, in the form of a create request's input. */
export interface SteerMessage {
  type: "message";
  role: "user";
  content: unknown;
  /** Its own, so that it is not taken for an older message in the same words. */
  id: string;
}

function toMessage(content: unknown): SteerMessage {
  return { type: "message", role: "user", content, id: newId("msg") };
}

const none = z.null().optional();
const part = z.looseObject({ type: z.enum(["input_text", "input_image", "input_file"]) });
const message = z
  .strictObject({
    type: z.literal("message").nullish(),
    role: z.literal("user"),
    content: z.union([z.string(), z.array(part).min(1)]),
    // The official client's types have them; there is nothing that they could say.
    id: none,
    status: none,
  })
  .transform(({ content }) => toMessage(content));
const steerInput = z.looseObject({ input: z.union([z.string().min(1), z.array(message).min(1)]) });

/**
 * Reads what a steering message wants to say: a text, or messages of the user's with texts, images and files. Throws a
 * 422 naming the field for anything else.
 */
export function parseSteerInput({ input, unknown }: Pick<SteerFrame, "input" | "unknown">): SteerMessage[] {
  const [field] = unknown;
  if (field !== undefined) {
    throw unprocessable(`Unknown parameter: '${field}'. A steering message has only an input.`, {
      param: field,
      code: "unknown_parameter",
    });
  }
  const { input: said } = validate(steerInput, { input });
  const messages: SteerMessage[] = typeof said === "string" ? [toMessage(said)] : said;
  // The parts of messages are the same as in any request.
  parseCreateRequest({ model: "any", input: messages }, false);
  return messages;
}
