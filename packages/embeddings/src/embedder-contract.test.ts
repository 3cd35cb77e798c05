import type { Embedder } from "@gateway/engine";
import { ApiError } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { openEmbeddedEmbedder } from "./embedded-embedder.ts";
import { lengthVectors, startEmbeddingServer } from "./scripted-embedding-server.ts";
import { openServerEmbedder } from "./server-embedder.ts";

/** An embedder that is put away with what it stands on. */
interface Opened extends AsyncDisposable {
  embedder: Embedder;
}

async function openServer(): Promise<Opened> {
  const server = await startEmbeddingServer(({ body }) => lengthVectors(body.input, 8));
  const embedder = openServerEmbedder({ name: "srv", url: server.url, model: "m" });
  return {
    embedder,
    async [Symbol.asyncDispose]() {
      await embedder.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function openEmbedded(): Promise<Opened> {
  const embedder = openEmbeddedEmbedder();
  return { embedder, [Symbol.asyncDispose]: () => embedder.close() };
}

const never = new AbortController().signal;

describe.each([
  ["a server", openServer],
  ["the model that comes along", openEmbedded],
])("an embedder of %s", (_, open) => {
  test("names its model before the first call and takes several texts at once", async () => {
    await using opened = await open();
    expect(opened.embedder.model).toMatch(/^[^/]+\/.+/);
    expect(opened.embedder.batchSize).toBeGreaterThan(1);
  });

  test("gives one vector for each text, all of one length, in order, whatever the batch", async () => {
    await using opened = await open();
    const texts = Array.from({ length: opened.embedder.batchSize + 3 }, (_, at) => "word ".repeat(at + 1));
    const vectors = await opened.embedder.embed(texts, "document", never);
    expect(vectors).toHaveLength(texts.length);
    expect(new Set(vectors.map((vector) => vector.length)).size).toBe(1);
    expect(vectors.every((vector) => vector instanceof Float32Array && vector.every(Number.isFinite))).toBe(
      true,
    );
    const [single] = await opened.embedder.embed([texts[7] ?? ""], "document", never);
    for (const [at, value] of (single ?? []).entries()) expect(vectors[7]?.[at]).toBeCloseTo(value, 5);
  });

  test("gives no vectors for no texts", async () => {
    await using opened = await open();
    expect(await opened.embedder.embed([], "document", never)).toEqual([]);
  });

  test("serves several calls at a time", async () => {
    await using opened = await open();
    const calls = ["a", "bb", "ccc"].map((text) => opened.embedder.embed([text], "query", never));
    expect((await Promise.all(calls)).map((vectors) => vectors.length)).toEqual([1, 1, 1]);
  });

  test("rejects with the reason of a signal that is aborted already", async () => {
    await using opened = await open();
    const reason = new Error("too late");
    await expect(opened.embedder.embed(["a"], "query", AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  test("rejects with an ApiError after it is closed, and may be closed twice", async () => {
    await using opened = await open();
    await opened.embedder.close();
    await opened.embedder.close();
    await expect(opened.embedder.embed(["a"], "query", never)).rejects.toBeInstanceOf(ApiError);
  });
});
