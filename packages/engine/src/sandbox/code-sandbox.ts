/** A file that code is to find in its working directory. */
export interface SandboxFile {
  /** Relative, parts set apart by slashes: `data/sales.csv`. */
  path: string;
  bytes: number;
  /** SHA-256 of the content, hexadecimal: one that is there already is not read again. */
  hash: string;
  read(): Promise<AsyncIterable<Uint8Array>>;
}

/** Code and what it is to find. */
export interface SandboxTask {
  code: string;
  /** All files of the container; what else is in the directory is removed. */
  files: readonly SandboxFile[];
}

/**
 * How a run has ended: by itself, by an exception, by its time, by its memory, by a fault of the interpreter that the code
 * has brought about.
 */
export type SandboxEnd = "completed" | "failed" | "timed_out" | "out_of_memory" | "crashed";

/** What a run has brought. */
export interface SandboxResult {
  end: SandboxEnd;
  /** Standard output and error in their order, the middle left out where it was too much. */
  logs: string;
  /** True where the run began in an interpreter that had run nothing before. */
  fresh: boolean;
  /** False where the interpreter is gone, with all that the code has kept in it. */
  alive: boolean;
  /** Files that are new or have changed. */
  changed: { path: string; content: Uint8Array }[];
  removed: string[];
  /**
   * Files that were not handed over; with `in_the_way` those that could not be put in place, since the code has made a
   * directory of that name, or a file where there would have to be one.
   */
  lost: { path: string; why: "too_large" | "too_many" | "unreadable" | "bad_name" | "in_the_way" }[];
}

/** All interpreters that may run at once are busy, and none has become free in time. The message is for the model. */
export class SandboxBusyError extends Error {
  override readonly name = "SandboxBusyError";
}

/** Runs code that nobody vouches for. Each container has an interpreter of its own while it is in use. */
export interface CodeSandbox {
  /**
   * Runs code in the interpreter of a container, started where there is none; one run at a time.
   *
   * @throws the signal's reason when it is aborted, and the interpreter is gone then; {@link SandboxBusyError}; anything
   * else for a fault that is not the code's.
   */
  run(container: string, task: SandboxTask, signal: AbortSignal): Promise<SandboxResult>;
  /** Ends the interpreter of a container, where it has one. */
  end(container: string): Promise<void>;
  /** Ends all; runs under way fail. */
  close(): Promise<void>;
}
