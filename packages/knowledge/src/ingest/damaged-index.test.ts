import { statSync, writeFileSync } from "node:fs";
import { tempDir, waitFor } from "@gateway/testkit";
import { expect, onTestFinished, test } from "vitest";
import { FakeEmbedder } from "../testing/fake-embedder.ts";
import { FakeExtractor } from "../testing/fake-extractor.ts";
import { openOnDisk } from "../testing/on-disk-knowledge.ts";

const tenant = "acme";
const nobody = new AbortController().signal;

test("an index whose file is damaged while it is in use is filled again, without a restart", async () => {
  const dir = tempDir();
  onTestFinished(() => dir.remove());
  const { knowledge, faults, close } = await openOnDisk(dir.path, new FakeEmbedder(), new FakeExtractor());
  onTestFinished(close);
  await knowledge.start();
  const add = async (text: string): Promise<string> => {
    const content = await knowledge.files.receive(ReadableStream.from([new TextEncoder().encode(text)]));
    return (await knowledge.files.create(tenant, { filename: "a.txt", purpose: "assistants" }, content)).id;
  };
  // More than the threads keep of the file in memory, so that they read it again.
  const large = "Sentences about nothing in particular. ".repeat(60_000);
  const files = [await add("otters swim"), await add(large)];
  const { id } = await knowledge.stores.create(tenant, { file_ids: files });
  const isComplete = async () => (await knowledge.stores.get(tenant, id)).status === "completed";
  await waitFor(isComplete, { what: "the files to be taken in", timeoutMs: 25_000 });

  const path = dir.join("search.db");
  writeFileSync(path, Buffer.alloc(statSync(path).size, 0x5a), { flag: "r+" });
  await waitFor(
    async () => {
      await knowledge.stores.fileText(tenant, id, files[1] ?? "").catch(() => {});
      return faults.some((fault) => /thrown away and begun anew/.test(fault));
    },
    { what: "the damage to be found", timeoutMs: 25_000 },
  );
  const found = async () =>
    (await knowledge.stores.search(tenant, id, { query: "otters" }, nobody)).map(({ file_id }) => file_id);
  await waitFor(
    async () => {
      const text = await knowledge.stores.fileText(tenant, id, files[1] ?? "").catch(() => "");
      return text === large && (await found()).includes(files[0] ?? "");
    },
    { what: "the files to be found again", timeoutMs: 25_000 },
  );
  expect(await isComplete()).toBe(true);
}, 60_000);
