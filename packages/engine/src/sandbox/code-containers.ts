import type { CodeFile, CodeInterpreterTool, CodeOutput } from "@gateway/protocol";

/** What running code has brought. */
export interface CodeRun {
  /** False where the code did not come to its end: its time or memory was used up, or it could not be run at all. */
  completed: boolean;
  outputs: CodeOutput[];
  /** Files that the code has written. */
  files: CodeFile[];
}

/** What a request's code is run in. */
export interface CodeSession {
  readonly containerId: string;
  /**
   * Runs code. What goes wrong is told in the outputs, since the model may go on without; rejects only with the signal's
   * reason when it is aborted.
   */
  run(code: string, signal: AbortSignal): Promise<CodeRun>;
}

/** A file that a message brings along: of the Files API, or with its content. */
export type GivenFile =
  | { fileId: string }
  /** `content` throws an ApiError where it cannot be read. */
  | { filename: string; content(): Uint8Array };

/** What the context of a request has for its code. */
export interface CodeContext {
  /** The containers that code was run in, the latest first. */
  used: readonly string[];
  /** The files of its messages, the latest first. */
  files: readonly GivenFile[];
}

/** Containers that code of requests is run in. */
export interface CodeContainers {
  /** What there is to be used in code, for the model. */
  readonly description: string;
  /**
   * Finds the container of a declaration: the one that it names, else the one that was used last in the context and has not
   * expired, else a new one, which is made when code is first run. By then it also has the files of the context, but for
   * those whose name is taken and those that cannot be had.
   *
   * @param param path of the declaration, for errors
   * @throws ApiError 404 where the container or a file does not exist for this tenant, 400 where the container has expired.
   */
  open(
    tenant: string,
    declared: CodeInterpreterTool["container"],
    context: CodeContext,
    param: string,
  ): Promise<CodeSession>;
}
