import { encodeEvents, type ResponseEvent } from "@gateway/protocol";
import { describe, expect, test, vi } from "vitest";
import { toEventStream } from "./event-stream.ts";

const delta = (text: string, sequence_number: number): ResponseEvent => ({
  type: "response.refusal.delta",
  item_id: "msg_1",
  output_index: 0,
  content_index: 0,
  delta: text,
  sequence_number,
});

const encode = (events: readonly ResponseEvent[]) => encodeEvents(events, false);
const options = { encode, heartbeat: 0, onCancel: () => {} };

describe("an event stream", () => {
  test("writes one chunk a batch and ends with [DONE]", async () => {
    async function* batches() {
      yield [delta("b", 1), delta("c", 2)];
    }
    const { body, over } = toEventStream(encode([delta("a", 0)]), batches(), options);
    const chunks: string[] = [];
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) chunks.push(chunk);
    await over;
    expect(chunks).toHaveLength(3);
    expect(chunks[1]?.match(/^event: /gm)).toHaveLength(2);
    expect(chunks[2]).toBe("data: [DONE]\n\n");
  });

  test("takes a batch only when the reader has taken the one before", async () => {
    let made = 0;
    async function* batches() {
      for (;;) yield [delta("x", made++)];
    }
    const { body } = toEventStream("", batches(), options);
    const reader = body.getReader();
    await reader.read();
    await reader.read();
    await new Promise(setImmediate);
    expect(made).toBeLessThanOrEqual(3);
    await reader.cancel();
  });

  test("returns the source and tells when the reader leaves", async () => {
    const returned = vi.fn();
    async function* batches() {
      try {
        for (let n = 0; ; n++) yield [delta("x", n)];
      } finally {
        returned();
      }
    }
    const onCancel = vi.fn();
    const { body, over } = toEventStream("", batches(), { ...options, onCancel });
    const reader = body.getReader();
    await reader.read();
    await reader.read();
    await reader.cancel();
    await over;
    expect(onCancel).toHaveBeenCalledOnce();
    expect(returned).toHaveBeenCalledOnce();
  });

  test("is over when its source fails, and when it cannot be returned", async () => {
    const broken: AsyncIterator<ResponseEvent[]> = {
      next: () => Promise.reject(new Error("broken")),
      return: () => Promise.reject(new Error("broken too")),
    };
    const failing = toEventStream(encode([delta("a", 0)]), broken, options);
    await expect(new Response(failing.body).text()).rejects.toThrow("broken");
    await failing.over;
    const silent = { ...broken, next: () => new Promise<never>(() => {}) };
    const left = toEventStream(encode([delta("a", 0)]), silent, options);
    await expect(left.body.cancel()).rejects.toThrow("broken too");
    await left.over;
  });

  test("sends comments in silence, and none to a reader that does not read", async () => {
    vi.useFakeTimers();
    try {
      const silent: AsyncIterator<ResponseEvent[]> = { next: () => new Promise(() => {}) };
      const { body } = toEventStream(encode([delta("a", 0)]), silent, { ...options, heartbeat: 1000 });
      const reader = body.getReader();
      await reader.read();
      await vi.advanceTimersByTimeAsync(5000);
      expect(new TextDecoder().decode((await reader.read()).value)).toBe(": ping\n\n");
      const waiting = reader.read();
      await vi.advanceTimersByTimeAsync(1000);
      expect(new TextDecoder().decode((await waiting).value)).toBe(": ping\n\n");
    } finally {
      vi.useRealTimers();
    }
  });
});
