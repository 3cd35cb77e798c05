import { describe, expect, test, vi } from "vitest";
import { trackBody } from "./track-body.ts";

describe("a body that is passed on", () => {
  test("is over after its last byte, and every byte was counted", async () => {
    const source = new Blob(["hello"]).stream();
    const onBytes = vi.fn();
    const { body, over } = trackBody(source, onBytes, () => {});
    expect(await new Response(body).text()).toBe("hello");
    await over;
    expect(onBytes.mock.calls.flat().reduce((sum, bytes) => sum + bytes, 0)).toBe(5);
  });

  test("is no failure when its reader leaves while it is read", async () => {
    const chunk = Promise.withResolvers<void>();
    const source = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await chunk.promise;
        controller.enqueue(new Uint8Array(1));
      },
    });
    const onFailure = vi.fn();
    const { body, over } = trackBody(source, () => {}, onFailure);
    const reader = body.getReader();
    const read = reader.read();
    const cancelled = reader.cancel();
    chunk.resolve();
    await Promise.all([read, cancelled, over]);
    expect(onFailure).not.toHaveBeenCalled();
  });

  test("tells when its source fails", async () => {
    const source = new ReadableStream<Uint8Array>({
      pull: () => Promise.reject(new Error("disk")),
    });
    const onFailure = vi.fn();
    const { body } = trackBody(source, () => {}, onFailure);
    await expect(new Response(body).text()).rejects.toThrow("disk");
    expect(onFailure).toHaveBeenCalledOnce();
  });
});
