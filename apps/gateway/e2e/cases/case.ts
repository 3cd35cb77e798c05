import type { ResponseObject } from "@gateway/protocol";
import type { ScriptSource } from "@gateway/testkit";
import type { Things } from "./case-world.ts";

/** Fields of a create request. `model` and `stream` are filled in: each case has a model of its own at each way in. */
export type Fields = Record<string, unknown>;

/** A conversation of a client with the gateway, and what every way into it has to make of that. */
export interface Case {
  name: string;
  turns: readonly Turn[];
  /** True for a gateway without any service behind its hosted tools. */
  bare?: true;
}

/** One request and its answer. */
export interface Turn {
  /**
   * The request; later ones are mostly made from former answers. A text is sent as it is. A field that is undefined is
   * not sent.
   */
  send: Fields | string | ((story: Story) => Fields | Promise<Fields>);
  /** What the model's server answers to its calls, in order. The number of calls has to be that of the answers. */
  model?: readonly ScriptSource[];
  expect: Expected;
}

/** What is known while a case is played through one way. */
export interface Story {
  /** The answers so far. */
  readonly responses: readonly ResponseObject[];
  readonly things: Things;
  /** Makes an object by `POST /v1{path}` and gives its id. */
  create(path: string, body?: object): Promise<string>;
}

/** What an answer has to be. All is matched as `toMatchObject` does: lists have to be complete, objects not. */
export interface Expected {
  /** "completed" where it is left out. */
  status?: "incomplete" | "failed";
  /** The output items. */
  output?: readonly object[];
  /** Further fields of the response, such as `usage`. */
  response?: object;
  /** The calls of the model, as `toAsked` shows them. */
  asked?: readonly object[];
  /** What `x-gateway-ignored` and the log name; nothing where it is left out. */
  ignored?: string;
  /** The error in place of a response. */
  refused?: Refused;
  /**
   * How a response fails that has begun. A streamed one says so itself; one that is not streamed is an HTTP error of this
   * status, or 500.
   */
  failed?: { code: string; message?: unknown; status?: number };
}

/** An error in place of a response: a status and a body, or a message on a WebSocket. */
export interface Refused {
  status: number;
  /** "invalid_request_error" where it is left out. */
  type?: string;
  code: string | null;
  param: string | null;
  message?: unknown;
  /** Of the header `retry-after`; there is none where it is left out. */
  retryAfter?: string;
}

/** The answer before this turn. Throws where there is none. */
export function lastOf({ responses }: Story): ResponseObject {
  const last = responses.at(-1);
  if (last === undefined) throw new Error("There is no answer yet");
  return last;
}

/** The `call_id` of the n-th call in the answer before this turn; 0 is the first. Throws where there are fewer. */
export function callIdOf(story: Story, n = 0): string {
  const ids = lastOf(story).output.flatMap((item) =>
    "call_id" in item && item.call_id ? [item.call_id] : [],
  );
  const id = ids[n];
  if (id === undefined) throw new Error(`The answer has ${ids.length} calls`);
  return id;
}

/** A user's message. */
export function user(text: string): object {
  return { type: "message", role: "user", content: text };
}

/** An answer of text alone, as it is to be matched. */
export function message(text: string, more: object = {}): object {
  return { type: "message", role: "assistant", content: [{ type: "output_text", text }], ...more };
}
