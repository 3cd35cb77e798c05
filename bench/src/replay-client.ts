import { Pool } from "undici";

/** Makes responses and reads them again, in this process: what is measured is one request at a time. */
export interface ReplayClient extends AsyncDisposable {
  /** Streams an answer of a model to its end, and gives the response's id. @throws Error when it has not been completed. */
  store(model: string): Promise<string>;
  /**
   * Asks for the events of a stored response and gives the milliseconds until the first of them has come. The rest is
   * read to its end. @throws Error when not so many events have come.
   */
  replay(id: string, events: number): Promise<number>;
}

/** Opens a client of a gateway, "http://host:port", with so many connections. */
export function openReplayClient(origin: string, connections: number): ReplayClient {
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const headers = { "content-type": "application/json" };
  return {
    async store(model) {
      const body = JSON.stringify({ model, input: "Say something.", stream: true });
      const answer = await pool.request({ method: "POST", path: "/v1/responses", headers, body });
      const text = await answer.body.text();
      const id = /"id":"(resp_[^"]+)"/.exec(text)?.[1];
      if (id === undefined || !text.includes("event: response.completed\n"))
        throw new Error(`a response was not completed: status ${answer.statusCode}, ${text.slice(-200)}`);
      return id;
    },
    async replay(id, events) {
      const sent = performance.now();
      const answer = await pool.request({ method: "GET", path: `/v1/responses/${id}?stream=true` });
      let first: number | undefined;
      let text = "";
      for await (const chunk of answer.body) {
        text += String(chunk);
        // A comment comes before it.
        if (first === undefined && text.includes("event: ")) first = performance.now() - sent;
      }
      const count = text.split("\nevent: ").length - 1;
      if (first === undefined || count !== events)
        throw new Error(`${count} events were replayed instead of ${events}: status ${answer.statusCode}`);
      return first;
    },
    async [Symbol.asyncDispose]() {
      await pool.close();
    },
  };
}
