import { unprocessable } from "@gateway/protocol";
import type { SteerMessage } from "./parse-steer-input.ts";

/** What a message asks for, as a body of `POST /v1/responses`. */
export interface TurnRequest {
  body: Record<string, unknown>;
  /** True where the response is only to be prepared. */
  warmUp: boolean;
  /** The body without what is new in each request: what a response that follows by itself has in common with it. */
  settings: Record<string, unknown>;
  /** Why the response cannot be steered; undefined where it can. */
  unsteerable: string | undefined;
}

/**
 * Makes a create request of a message's fields; `said` comes before its own input. Throws a 422 for what a WebSocket
 * has no place for. Everything else is checked as it is over HTTP.
 */
export function toTurnRequest(
  fields: Readonly<Record<string, unknown>>,
  said: readonly SteerMessage[] = [],
): TurnRequest {
  const { generate = true, stream = true, background = false, ...rest } = withoutNulls(fields);
  if (background === true)
    throw refused("background", "Responses over a WebSocket cannot run in the background: use POST.");
  if (stream === false) throw refused("stream", "Responses over a WebSocket are always streamed.");
  for (const [param, value] of Object.entries({ generate, stream, background })) {
    if (typeof value === "boolean") continue;
    throw unprocessable(`Invalid type for '${param}': expected a boolean.`, { param, code: "invalid_type" });
  }
  const input = said.length === 0 ? rest.input : prepend(said, rest.input);
  const body = { ...rest, ...(input !== undefined && { input }), stream: true };
  const { input: _input, previous_response_id: _previous, ...settings } = rest;
  return { body, warmUp: generate === false, settings, unsteerable: unsteerable(rest) };
}

function refused(param: string, message: string) {
  return unprocessable(message, { param, code: "unsupported_value" });
}

/** Null stands for "not given". */
function withoutNulls(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

function prepend(said: readonly SteerMessage[], input: unknown): unknown {
  if (input === undefined) return said;
  if (typeof input === "string") return [...said, { type: "message", role: "user", content: input }];
  // What is neither is told as it is over HTTP.
  return Array.isArray(input) ? [...said, ...input] : input;
}

function unsteerable({ conversation, context_management: management }: Record<string, unknown>) {
  if (conversation !== undefined) return "Responses that belong to a conversation cannot be steered.";
  if (Array.isArray(management) && management.length > 0)
    return "Responses with automatic compaction cannot be steered.";
  return undefined;
}
