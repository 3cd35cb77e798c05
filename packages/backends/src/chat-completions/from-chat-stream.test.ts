import type { ModelDelta } from "@gateway/engine";
import { internal } from "@gateway/protocol";
import { expect, test, vi } from "vitest";
import { type AnswerBody, fromChatStream } from "./from-chat-stream.ts";

const token = (content: string) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
const stop = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
const end = "data: [DONE]\n\n";

/** A body with these reads; an error among them is thrown in its turn. */
function bodyOf(...reads: (string | Error)[]) {
  return {
    next: vi.fn<AnswerBody["next"]>(async () => {
      const read = reads.shift();
      if (read instanceof Error) throw read;
      return read === undefined
        ? { done: true, value: undefined }
        : { done: false, value: Buffer.from(read) };
    }),
    return: vi.fn(async () => {}),
    release: vi.fn(),
    expectEnd: vi.fn(),
  };
}

const open = (body: AnswerBody) =>
  fromChatStream(body, {
    backend: "b",
    thinkTags: false,
    knownCallIds: () => [],
    toError: () => internal("sent an error"),
  });

async function collect(body: AnswerBody): Promise<ModelDelta[][]> {
  const batches: ModelDelta[][] = [];
  for await (const batch of open(body)) batches.push(batch);
  return batches;
}

test("each read that brings something is one batch", async () => {
  const body = bodyOf(token("a") + token("b"), ": ping\n\n", token("c"), stop + end);
  expect(await collect(body)).toEqual([
    [
      { kind: "text", text: "a" },
      { kind: "text", text: "b" },
    ],
    [{ kind: "text", text: "c" }],
    [{ kind: "finish", reason: "stop" }],
  ]);
});

test("at the end mark the body is let go, without being read to its end", async () => {
  const body = bodyOf(stop + end, token("more"));
  await collect(body);
  expect(body.release).toHaveBeenCalledOnce();
  expect(body.next).toHaveBeenCalledOnce();
  expect(body.return).not.toHaveBeenCalled();
});

test("behind the finish reason the end is waited for shortly, once", async () => {
  const body = bodyOf(token("a"), stop, ": ping\n\n", end);
  await collect(body);
  expect(body.expectEnd).toHaveBeenCalledExactlyOnceWith(2_000);
});

test("a body that breaks behind the finish reason has ended", async () => {
  const body = bodyOf(stop, internal("broken", { code: "upstream_timeout" }));
  expect(await collect(body)).toEqual([[{ kind: "finish", reason: "stop" }]]);
});

test("a body that breaks before it is broken, and so is one whose reader has left", async () => {
  const broken = internal("broken", { code: "upstream_cut" });
  await expect(collect(bodyOf(token("a"), broken))).rejects.toBe(broken);
  const left = new DOMException("left", "AbortError");
  await expect(collect(bodyOf(stop, left))).rejects.toBe(left);
});

test("a fault ends the call at the server, behind what came before it", async () => {
  const body = bodyOf(`${token("a")}data: {"error":"boom"}\n\n`);
  const stream = open(body);
  expect(await stream.next()).toEqual({ done: false, value: [{ kind: "text", text: "a" }] });
  await expect(stream.next()).rejects.toMatchObject({ message: "sent an error" });
  expect(body.return).toHaveBeenCalledOnce();
});

test("a reader who leaves ends the call at the server", async () => {
  const body = bodyOf(token("a"));
  for await (const _ of open(body)) break;
  expect(body.return).toHaveBeenCalledOnce();
});
