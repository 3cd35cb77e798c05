import { fileURLToPath } from "node:url";
import { cleanEnv, startChild, tempDir, waitFor } from "@gateway/testkit";
import { expect, onTestFinished, test } from "vitest";
import { FakeEmbedder } from "../testing/fake-embedder.ts";
import { FakeExtractor } from "../testing/fake-extractor.ts";
import { type OnDiskKnowledge, openOnDisk } from "../testing/on-disk-knowledge.ts";
import { toChunks } from "./to-chunks.ts";

const tenant = "acme";
const fileCount = 200;
const static_ = { max_chunk_size_tokens: 100, chunk_overlap_tokens: 20 };

const textOf = (file: number): string =>
  Array.from({ length: 10 + (file % 30) }, (_, n) => `File ${file}, line ${n}, number ${file * n}.`).join(
    "\n",
  );

/** Adds the files and queues them; nothing is taken in yet. */
async function prepare({ knowledge }: OnDiskKnowledge) {
  const texts = new Map<string, string>();
  for (let file = 0; file < fileCount; file++) {
    const content = await knowledge.files.receive(
      ReadableStream.from([new TextEncoder().encode(textOf(file))]),
    );
    const { id } = await knowledge.files.create(
      tenant,
      { filename: `${file}.txt`, purpose: "assistants" },
      content,
    );
    texts.set(id, textOf(file));
  }
  const store = await knowledge.stores.create(tenant, {});
  await knowledge.stores.createBatch(tenant, store.id, {
    file_ids: [...texts.keys()],
    chunking_strategy: { type: "static", static: static_ },
  });
  return { texts, storeId: store.id };
}

test("a process that is killed again and again while it takes files in loses none and takes in none twice", async () => {
  const dir = tempDir();
  onTestFinished(() => dir.remove());
  const before = await openOnDisk(dir.path, new FakeEmbedder(), new FakeExtractor());
  const { texts, storeId } = await prepare(before);
  await before.close();

  const program = fileURLToPath(new URL("../testing/crash-ingester.ts", import.meta.url));
  for (let round = 0; round < 4; round++) {
    const ms = String(20 + Math.floor(Math.random() * 250));
    const child = await startChild({
      command: process.execPath,
      args: [program, dir.path, ms],
      env: cleanEnv(),
    });
    onTestFinished(async () => void (await child.end("SIGKILL")));
    expect(await child.exited, child.output()).toMatchObject({ signal: "SIGKILL" });
  }

  const { knowledge, index, store, faults, close } = await openOnDisk(
    dir.path,
    new FakeEmbedder(),
    new FakeExtractor(),
  );
  onTestFinished(close);
  const { completed } = (await knowledge.stores.get(tenant, storeId)).file_counts;
  // Else nothing was interrupted, and the test would show nothing.
  expect(completed).toBeLessThan(fileCount);
  await knowledge.start();
  await waitFor(async () => (await knowledge.stores.get(tenant, storeId)).status === "completed", {
    what: "all files to be taken in",
    timeoutMs: 25_000,
    everyMs: 20,
  });
  expect((await knowledge.stores.get(tenant, storeId)).file_counts).toEqual({
    in_progress: 0,
    completed: fileCount,
    failed: 0,
    cancelled: 0,
    total: fileCount,
  });
  await knowledge.close();
  expect([await store.jobs.nextAt("ingest"), await store.jobs.releaseAll()]).toEqual([undefined, 0]);
  expect(await index.documents(0, 10_000)).toHaveLength(fileCount);
  expect(faults.filter((fault) => !/lost|no vector store has/.test(fault))).toEqual([]);

  for (const [fileId, text] of texts) {
    const document = (await store.vectorStores.documentOf(tenant, storeId, fileId)) ?? 0;
    const chunks: string[] = [];
    for await (const chunk of toChunks(text, static_)) chunks.push(chunk.text);
    expect(await index.chunkTexts(document, 0, 1_000)).toEqual(chunks);
    expect(await knowledge.stores.fileText(tenant, storeId, fileId)).toBe(text);
  }
}, 60_000);
