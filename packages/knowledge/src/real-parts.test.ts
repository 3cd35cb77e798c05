import { readdirSync, rmSync } from "node:fs";
import { openEmbeddedEmbedder } from "@gateway/embeddings";
import { openTextExtractor } from "@gateway/extraction";
import { tempDir, waitFor } from "@gateway/testkit";
import { expect, onTestFinished, test } from "vitest";
import { FakeEmbedder } from "./testing/fake-embedder.ts";
import { type OnDiskKnowledge, openOnDisk } from "./testing/on-disk-knowledge.ts";
import { refusalOf } from "./testing/refusal-of.ts";

const tenant = "acme";
const nobody = new AbortController().signal;

async function addFile({ knowledge }: OnDiskKnowledge, filename: string, text: string): Promise<string> {
  const content = await knowledge.files.receive(ReadableStream.from([new TextEncoder().encode(text)]));
  return (await knowledge.files.create(tenant, { filename, purpose: "assistants" }, content)).id;
}

async function completed({ knowledge }: OnDiskKnowledge, storeId: string): Promise<void> {
  await waitFor(async () => (await knowledge.stores.get(tenant, storeId)).status === "completed", {
    what: "the files to be taken in",
    timeoutMs: 25_000,
  });
}

/** Opens the real parts in a directory that goes with the test; each call closes what the one before has opened. */
function openerOf(dir: string) {
  let last: OnDiskKnowledge | undefined;
  onTestFinished(() => last?.close());
  return async (embedder: Parameters<typeof openOnDisk>[1]): Promise<OnDiskKnowledge> => {
    await last?.close();
    last = await openOnDisk(dir, embedder, openTextExtractor());
    return last;
  };
}

test("files of several formats are read, found by meaning and attribute, and gone when deleted", async () => {
  const dir = tempDir();
  onTestFinished(() => dir.remove());
  const world = await openerOf(dir.path)(openEmbeddedEmbedder());
  const { stores, files } = world.knowledge;
  await world.knowledge.start();
  const ids = {
    html: await addFile(
      world,
      "otters.html",
      "<html><body><h1>Otters</h1><p>Otters sleep holding hands so that they do not drift apart.</p></body></html>",
    ),
    markdown: await addFile(
      world,
      "bridge.md",
      "# Bridges\n\nThe suspension bridge hangs from steel cables.",
    ),
    json: await addFile(
      world,
      "bread.json",
      JSON.stringify({ recipe: "Knead the dough and let it rise overnight." }),
    ),
    broken: await addFile(world, "broken.pdf", "%PDF-1.7 this is no document"),
  };
  const { id } = await stores.create(tenant, {});
  await stores.createBatch(tenant, id, {
    files: [
      { file_id: ids.html, attributes: { topic: "animals", year: 2021 } },
      { file_id: ids.markdown, attributes: { topic: "building", year: 2022 } },
      { file_id: ids.json, attributes: { topic: "food", year: 2023 } },
      { file_id: ids.broken },
    ],
  });
  await completed(world, id);
  expect((await stores.get(tenant, id)).file_counts).toMatchObject({ completed: 3, failed: 1 });
  expect((await stores.getFile(tenant, id, ids.broken)).last_error?.code).toBe("invalid_file");
  expect(await stores.fileText(tenant, id, ids.html)).toContain("holding hands");

  const search = async (query: string, filters?: Parameters<typeof stores.search>[2]["filters"]) =>
    (await stores.search(tenant, id, { query, filters }, nobody)).map((result) => result.filename);
  expect((await search("how do sea animals rest together?"))[0]).toBe("otters.html");
  expect((await search("baking a loaf"))[0]).toBe("bread.json");
  expect(await search("otters", { type: "gte", key: "year", value: 2022 })).not.toContain("otters.html");
  await stores.setAttributes(tenant, id, ids.html, { attributes: { topic: "animals", year: 2024 } });
  await waitFor(async () => (await search("otters", { type: "eq", key: "year", value: 2024 })).length === 1, {
    what: "the new attributes",
  });

  await files.delete(tenant, ids.html);
  expect(await search("otters")).not.toContain("otters.html");
  await waitFor(async () => (await world.index.documents(0, 10)).length === 2, {
    what: "the index to follow",
  });
  expect(await refusalOf(world.knowledge.requestFiles.text(tenant, ids.html, nobody))).toMatchObject({
    status: 404,
  });
  expect((await world.knowledge.requestFiles.text(tenant, ids.markdown, nobody)).text).toContain(
    "steel cables",
  );
  expect(world.faults).toEqual([]);
});

test("an index whose file is lost is made again from the files", async () => {
  const dir = tempDir();
  onTestFinished(() => dir.remove());
  const open = openerOf(dir.path);
  const before = await open(new FakeEmbedder());
  await before.knowledge.start();
  const ids = [await addFile(before, "one.txt", "otters swim"), await addFile(before, "two.txt", "bees fly")];
  const { id } = await before.knowledge.stores.create(tenant, { file_ids: ids });
  await completed(before, id);
  await before.close();
  for (const name of readdirSync(dir.path)) if (name.startsWith("search.db")) rmSync(dir.join(name));

  const after = await open(new FakeEmbedder());
  expect(await after.knowledge.stores.search(tenant, id, { query: "otters" }, nobody)).toEqual([]);
  await after.knowledge.start();
  await completed(after, id);
  const [best] = await after.knowledge.stores.search(tenant, id, { query: "otters" }, nobody);
  expect(best?.file_id).toBe(ids[0]);
  expect(after.faults).toHaveLength(1);
});

test("after a change of the model the vectors are made anew and compared again", async () => {
  const dir = tempDir();
  onTestFinished(() => dir.remove());
  const open = openerOf(dir.path);
  const before = await open(new FakeEmbedder());
  await before.knowledge.start();
  const fileId = await addFile(before, "one.txt", "otters swim");
  const { id } = await before.knowledge.stores.create(tenant, { file_ids: [fileId] });
  await completed(before, id);

  const after = await open(new FakeEmbedder({ model: "letters-2" }));
  await after.knowledge.start();
  const ranking_options = { ranker: "none" as const };
  await waitFor(
    async () =>
      (await after.knowledge.stores.search(tenant, id, { query: "otters swim", ranking_options }, nobody))
        .length === 1,
    { what: "the document to be found by its vector" },
  );
  expect(after.faults).toEqual([]);
});
