import { unprocessable, validate } from "@gateway/protocol";
import * as z from "zod";
import { parseJson } from "../http/read-json.ts";

/** A message of the client's (API reference, "Responses client events"). */
export type ClientFrame = CreateFrame | SteerFrame;

/** Asks for a response. */
export interface CreateFrame {
  type: "response.create";
  /** The lane; undefined for the one without a name. */
  streamId: string | undefined;
  /** What would be the body of `POST /v1/responses`. Nothing of it has been checked. */
  body: Record<string, unknown>;
}

/** Says something to a response that is being made. */
export interface SteerFrame {
  type: "response.steer";
  previousResponseId: string;
  /** Not checked. */
  input: unknown;
  /** Fields that do not belong there. */
  unknown: readonly string[];
}

const anyFrame = z.looseObject({ type: z.string() });
const createFrame = z.looseObject({ stream_id: z.string().min(1).max(128).nullish() });
const steerFrame = z.looseObject({ previous_response_id: z.string().min(1).max(256) });

/**
 * Reads a message of the client's. Throws 400 where it is no JSON, 413 where it holds too many values, 422 where it is
 * not one of the two that there are. What is asked for is not checked: its turn may be long in coming.
 */
export function parseFrame(bytes: Uint8Array): ClientFrame {
  const { type, ...fields } = validate(anyFrame, parseJson(bytes));
  if (type === "response.create") {
    const { stream_id: streamId, ...body } = validate(createFrame, fields);
    return { type, streamId: streamId ?? undefined, body };
  }
  if (type === "response.steer") {
    const { previous_response_id: previousResponseId, input, ...rest } = validate(steerFrame, fields);
    return { type, previousResponseId, input, unknown: Object.keys(rest) };
  }
  throw unprocessable(
    `Invalid value for 'type': '${type.slice(0, 80)}'. Send 'response.create' or 'response.steer'.`,
    { param: "type", code: "invalid_value" },
  );
}
