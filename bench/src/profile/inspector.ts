/** A connection to the inspector of another Node process (Chrome DevTools Protocol). */
export interface Inspector {
  /** Calls a method and gives its result. @throws Error with the inspector's message when it refuses. */
  call<Result>(method: string, params?: object): Promise<Result>;
  close(): void;
}

/**
 * Connects to the inspector whose address a process started with `--inspect=127.0.0.1:0` has written.
 *
 * @throws Error when `output` names no address, or nothing accepts there.
 */
export async function connectInspector(output: string): Promise<Inspector> {
  const address = /ws:\/\/127\.0\.0\.1:\d+\/[\w-]+/.exec(output)?.[0];
  if (address === undefined) throw new Error("The process has not said where its inspector listens.");
  const socket = new WebSocket(address);
  const opened = Promise.withResolvers<void>();
  socket.addEventListener("open", () => opened.resolve());
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const lost = (): void => {
    const error = new Error(`The inspector at ${address} has closed the connection.`);
    opened.reject(error);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  socket.addEventListener("close", lost);
  socket.addEventListener("error", lost);
  socket.addEventListener("message", ({ data }) => {
    const { id, result, error } = JSON.parse(String(data)) as {
      id?: number;
      result?: unknown;
      error?: { message: string };
    };
    const call = waiting.get(id ?? -1);
    if (call === undefined) return;
    waiting.delete(id ?? -1);
    if (error) call.reject(new Error(error.message));
    else call.resolve(result);
  });
  await opened.promise;
  let lastId = 0;
  return {
    call<Result>(method: string, params: object = {}): Promise<Result> {
      const answer = Promise.withResolvers<unknown>();
      waiting.set(++lastId, answer);
      socket.send(JSON.stringify({ id: lastId, method, params }));
      return answer.promise as Promise<Result>;
    },
    close: () => socket.close(),
  };
}
