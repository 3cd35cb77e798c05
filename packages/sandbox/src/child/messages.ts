/** What the gateway tells a process that runs code. Paths are relative to the working directory. */
export type ToSandbox =
  /** A file to put in place; its content is the frame's body. */
  | { type: "write"; path: string }
  | { type: "remove"; path: string }
  /** Code to run; answered with any number of `log`, `file`, `removed` and `lost`, and one `done`. */
  | ({ type: "run"; code: string } & RunLimits);

/** Limits of one run. */
export interface RunLimits {
  /** Milliseconds, after which the code is interrupted. */
  timeoutMs: number;
  /** Characters of output; what is beyond is left out of the middle. */
  maxLogChars: number;
  /** Files that are handed over. */
  maxFiles: number;
  /** Bytes of them together. */
  maxFileBytes: number;
}

/** What the process says, in JSON: what a stranger's code may have taken over is not to be trusted with more. */
export type FromSandbox =
  /** Once, when code can be run. */
  | { type: "ready" }
  | { type: "log"; text: string }
  /** A file that is new or has changed; its content is the frame's body. */
  | { type: "file"; path: string }
  | { type: "removed"; path: string }
  /** A file that was not handed over, or not put in place, and why. */
  | { type: "lost"; path: string; why: WhyLost }
  | { type: "done"; end: RunEnd };

/** Why a file was not handed over; `in_the_way`: why it could not be put in place. */
export type WhyLost = "too_large" | "too_many" | "unreadable" | "in_the_way";

/** How a run has ended: to its end, by an exception that the code did not catch, or by its time. */
export type RunEnd = "completed" | "failed" | "timed_out";
