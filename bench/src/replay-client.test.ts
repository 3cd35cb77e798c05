import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { openReplayClient } from "./replay-client.ts";

/** A server that stores nothing and says the same each time. */
async function serve(stored: string, replayed: string[]): Promise<string> {
  const server = createServer(async (request, response) => {
    if (request.method === "POST") return response.end(stored);
    for (const part of replayed) {
      response.write(part);
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const completed =
  'event: response.created\ndata: {"response":{"id":"resp_1"}}\n\nevent: response.completed\n';

test("an answer's id is read from its stream, and only from one that was completed", async () => {
  await using client = openReplayClient(await serve(completed, []), 1);
  expect(await client.store("m")).toBe("resp_1");
  await using other = openReplayClient(await serve('{"error":"no"}', []), 1);
  await expect(other.store("m")).rejects.toThrow(/not completed: status 200/);
});

test("the first event is waited for, not the comment before it, and all events are counted", async () => {
  const parts = [": ping\n\n", "event: a\ndata: {}\n\n", "event: b\ndata: {}\n\ndata: [DONE]\n\n"];
  await using client = openReplayClient(await serve("", parts), 1);
  expect(await client.replay("resp_1", 2)).toBeGreaterThan(0);
  await expect(client.replay("resp_1", 3)).rejects.toThrow(/2 events were replayed instead of 3/);
});
