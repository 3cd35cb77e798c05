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

/** Containers that code of requests is run in. */
export interface CodeContainers {
  /** What there is to be used in code, for the model. */
  readonly description: string;
  /**
   * Finds the container of a declaration: the one that it names, else the one that was used last in the context (`used`, the
   * latest first) and has not expired, else a new one, which is made when code is first run.
   *
   * @param param path of the declaration, for errors
   * @throws ApiError 404 where the container or a file does not exist for this tenant, 400 where the container has expired.
   */
  open(
    tenant: string,
    declared: CodeInterpreterTool["container"],
    used: readonly string[],
    param: string,
  ): Promise<CodeSession>;
}
