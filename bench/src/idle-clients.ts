import { type ClientRequest, get } from "node:http";

/** Clients that wait for something to be told. */
export interface IdleClients {
  /** Leaves. */
  close(): void;
}

/** How many connections are opened at a time: a burst of all of them would measure the backlog of the listener. */
const atOnce = 50;

/** Opens WebSockets at `GET /v1/responses`, on which nothing is asked. Rejects when one is not let in. */
export async function openIdleSockets(origin: string, count: number): Promise<IdleClients> {
  const url = `${origin.replace("http", "ws")}/v1/responses`;
  const sockets: WebSocket[] = [];
  await inGroups(count, () => {
    const socket = new WebSocket(url);
    sockets.push(socket);
    return new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => resolve());
      socket.addEventListener("error", () => reject(new Error(`${url} was refused`)));
    });
  });
  return {
    close() {
      for (const socket of sockets) socket.close();
    },
  };
}

/** Begins responses in the background that say nothing more for as long as `model` is silent. Gives their ids. */
export async function beginBackground(origin: string, model: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  await inGroups(count, async () => {
    const answer = await fetch(`${origin}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model, input: "Wait.", background: true, stream: false }),
    });
    if (!answer.ok) throw new Error(`a background response was refused: ${answer.status}`);
    ids.push(((await answer.json()) as { id: string }).id);
  });
  return ids;
}

/** Follows responses, by turns, and waits until each follower has been told that its response is in progress. */
export async function openIdleTails(
  origin: string,
  ids: readonly string[],
  count: number,
): Promise<IdleClients> {
  const requests: ClientRequest[] = [];
  let next = 0;
  await inGroups(count, () => {
    const url = `${origin}/v1/responses/${ids[next++ % ids.length]}?stream=true`;
    return new Promise<void>((resolve, reject) => {
      // A connection of its own, as each client has.
      const request = get(url, { agent: false }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`${url} was refused: ${response.statusCode}`));
        let told = "";
        response.setEncoding("utf8");
        response.on("error", () => {});
        response.on("data", (text: string) => {
          if (told.includes("response.in_progress")) return;
          told += text;
          if (told.includes("response.in_progress")) resolve();
        });
        response.on("end", () => reject(new Error("a response that was to be followed has ended")));
      });
      request.on("error", reject);
      requests.push(request);
    });
  });
  return {
    close() {
      for (const request of requests) request.destroy();
    },
  };
}

/** Does something so many times, some at a time. */
async function inGroups(count: number, once: () => Promise<void>): Promise<void> {
  for (let done = 0; done < count; done += atOnce)
    await Promise.all(Array.from({ length: Math.min(atOnce, count - done) }, once));
}
