import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { collectSse, readSse } from "./sse.ts";

function respond(...reads: string[]): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const read of reads) controller.enqueue(new TextEncoder().encode(read));
      controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream; charset=utf-8" } });
}

describe("reading server-sent events", () => {
  test("gives event, data, id and the raw text of each", async () => {
    const events = await collectSse(respond('event: a\nid: 7\ndata: {"n":1}\n\ndata: x\n\n'));
    expect(events).toEqual([
      { event: "a", id: "7", data: '{"n":1}', raw: 'event: a\nid: 7\ndata: {"n":1}\n\n' },
      { event: undefined, id: undefined, data: "x", raw: "data: x\n\n" },
    ]);
  });

  test.each([
    ["LF", "\n"],
    ["CRLF", "\r\n"],
    ["CR", "\r"],
  ])("takes %s line ends, cut anywhere", async (_name, eol) => {
    const text = ["event: a", "data: 1", "data: 2", "", "data: 3", "", ""].join(eol);
    for (let at = 0; at <= text.length; at += 1) {
      const events = await collectSse(respond(text.slice(0, at), text.slice(at)));
      expect(events.map(({ event, data }) => [event, data])).toEqual([
        ["a", "1\n2"],
        [undefined, "3"],
      ]);
      expect(events.map(({ raw }) => raw).join("")).toBe(text);
    }
  });

  test("shows comments only when asked", async () => {
    const text = ": ping\n\ndata: x\n\n";
    expect((await collectSse(respond(text))).map(({ data }) => data)).toEqual(["x"]);
    expect((await collectSse(respond(text), { comments: true })).map(({ raw }) => raw)).toEqual([
      ": ping\n\n",
      "data: x\n\n",
    ]);
  });

  test("drops a frame that the end cuts off", async () => {
    expect(await collectSse(respond("data: whole\n\ndata: cut"))).toHaveLength(1);
  });

  test("an answer that is no event stream is an error that shows it", async () => {
    const response = new Response('{"error":"no"}', {
      status: 429,
      headers: { "content-type": "application/json" },
    });
    await expect(collectSse(response)).rejects.toThrow(
      'Expected an event stream, got status 429 with application/json: {"error":"no"}',
    );
  });

  test("leaving the loop early hangs up on the server", async () => {
    const hungUp = Promise.withResolvers<void>();
    const server = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write("data: 1\n\ndata: 2\n\n");
      response.once("close", hungUp.resolve);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    for await (const { data } of readSse(response)) {
      expect(data).toBe("1");
      break;
    }
    await hungUp.promise;
    await new Promise((resolve) => server.close(resolve));
  });
});
