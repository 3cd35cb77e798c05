import type { OutgoingHttpHeaders } from "node:http";
import type { ChatChunk, ErrorChunk } from "./chunks.ts";

/** One thing the backend does while it answers. */
export type Step =
  | { do: "status"; code: number; headers: OutgoingHttpHeaders }
  | { do: "json"; body: unknown }
  | { do: "chunks"; chunks: (ChatChunk | ErrorChunk)[] }
  | { do: "raw"; bytes: string | Uint8Array }
  | { do: "done" }
  | { do: "delay"; ms: number }
  | Gate
  | { do: "hang" }
  | { do: "cut"; reset: boolean }
  | { do: "end" };

/** A step that waits for the test. */
export interface Gate {
  do: "gate";
  /** Settles when the backend may go on. */
  until: Promise<unknown>;
  /** Lets the backend go on; needless when the gate was made of a promise. */
  open(): void;
  /** Settles when an answer has come to this gate: all steps before it have been written. */
  reached: Promise<void>;
  /** Called by the backend. */
  arrive(): void;
}

/** A script: steps and chunks in order; lists may be nested, so that presets mix with single steps. */
export type Script = ScriptPart | readonly Script[];

/** One part of a script. A bare chunk stands for a write of that chunk alone. */
export type ScriptPart = Step | ChatChunk | ErrorChunk;

/**
 * Sets the status code and headers of the answer. They are sent with the first byte of the body, or when the
 * script waits next. Without this step the answer has status 200.
 */
export function status(code: number, headers: OutgoingHttpHeaders = {}): Step {
  return { do: "status", code, headers };
}

/** Writes a JSON body with its length and ends the answer. */
export function json(body: unknown): Step {
  return { do: "json", body };
}

/** An error as a JSON body in OpenAI's shape; `headers` may hold a retry-after. */
export function errorAnswer(
  code: number,
  error: Partial<ErrorChunk["error"]> = {},
  headers: OutgoingHttpHeaders = {},
): Step[] {
  const body = {
    error: { message: `Scripted error ${code}.`, type: "scripted_error", param: null, code: null, ...error },
  };
  return [status(code, headers), json(body)];
}

/** Writes several chunks in one write, so that they arrive in one read. */
export function together(...chunks: (ChatChunk | ErrorChunk)[]): Step {
  return { do: "chunks", chunks };
}

/** Writes bytes as given: half a frame, garbage, comments, other line ends. */
export function raw(bytes: string | Uint8Array): Step {
  return { do: "raw", bytes };
}

/** Writes "data: [DONE]". A script without it plays a backend that forgets it. */
export function done(): Step {
  return { do: "done" };
}

/** Waits for some milliseconds. To put events in order use `gate`. */
export function delay(ms: number): Step {
  return { do: "delay", ms };
}

/** Waits until the given promise settles or, without one, until `open()` is called. */
export function gate(until?: Promise<unknown>): Gate {
  const opened = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  return {
    do: "gate",
    until: until ?? opened.promise,
    open: opened.resolve,
    reached: reached.promise,
    arrive: reached.resolve,
  };
}

/** Says nothing more and keeps the connection open until the caller hangs up or the backend stops. */
export function hang(): Step {
  return { do: "hang" };
}

/** Closes the connection without ending the answer; with `reset` by a TCP reset. */
export function cut({ reset = false }: { reset?: boolean } = {}): Step {
  return { do: "cut", reset };
}

/** Ends the answer here; the end of a script does the same. */
export function end(): Step {
  return { do: "end" };
}

/** Flattens a script into steps. */
export function toSteps(script: Script): Step[] {
  if (isList(script)) return script.flatMap(toSteps);
  return "do" in script ? [script as Step] : [together(script)];
}

function isList(script: Script): script is readonly Script[] {
  return Array.isArray(script);
}
