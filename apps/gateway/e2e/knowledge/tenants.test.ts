import { text } from "@gateway/testkit";
import type OpenAI from "openai";
import { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge, twoTenants } from "./knowledge-doors.ts";
import { sendJson } from "./send-json.ts";
import { settledStore } from "./settled-store.ts";

describe.for(oneDoor)("tenants through %s", (door) => {
  let doors: KnowledgeDoors;
  let alice: OpenAI;
  let bob: OpenAI;
  let file: string;
  let store: string;
  beforeAll(async () => {
    doors = await startKnowledge({ auth: twoTenants });
    doors.backend.setDefault(text("ok"));
    alice = doors.client(door, "sk-alice");
    bob = doors.client(door, "sk-bob");
    const content = await toFile(Buffer.from("Otters swim in rivers."), "otters.md");
    file = (await alice.files.create({ file: content, purpose: "assistants" })).id;
    store = (await alice.vectorStores.create({ file_ids: [file] })).id;
    await settledStore(alice, store);
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  const as = (who: "alice" | "bob", method: string, path: string, body?: unknown) =>
    sendJson<{ id: string; data: { id: string }[] }>(doors.url(door), method, path, body, {
      authorization: `Bearer sk-${who}`,
    });
  const notFound = { status: 404, type: "invalid_request_error" };

  test("do not see each other's files", async () => {
    expect((await bob.files.list()).data).toEqual([]);
    for (const call of [
      () => bob.files.retrieve(file),
      () => bob.files.content(file),
      () => bob.files.delete(file),
      () => bob.files.list({ after: file }),
      () =>
        bob.responses.create({
          model: "scripted",
          input: [{ role: "user", content: [{ type: "input_file", file_id: file }] }],
        }),
    ])
      await expect(call()).rejects.toMatchObject(notFound);
    expect(await alice.files.retrieve(file)).toMatchObject({ id: file });
  });

  test("do not see each other's uploads", async () => {
    const body = { bytes: 3, filename: "a", mime_type: "text/plain", purpose: "assistants" } as const;
    const upload = await alice.uploads.create(body);
    const data = await toFile(Buffer.from("abc"), "a");
    const part = await alice.uploads.parts.create(upload.id, { data });
    for (const call of [
      () => bob.uploads.parts.create(upload.id, { data }),
      () => bob.uploads.complete(upload.id, { part_ids: [part.id] }),
      () => bob.uploads.cancel(upload.id),
    ])
      await expect(call()).rejects.toMatchObject(notFound);
    expect(await alice.uploads.complete(upload.id, { part_ids: [part.id] })).toMatchObject({
      status: "completed",
    });
  });

  test("do not see, search or fill each other's vector stores", async () => {
    expect((await bob.vectorStores.list()).data).toEqual([]);
    const { id: own } = await bob.vectorStores.create({});
    const tools = (id: string) => [{ type: "file_search" as const, vector_store_ids: [own, id] }];
    for (const call of [
      () => bob.vectorStores.retrieve(store),
      () => bob.vectorStores.update(store, { name: "mine" }),
      () => bob.vectorStores.search(store, { query: "otters" }),
      () => bob.vectorStores.delete(store),
      () => bob.vectorStores.files.list(store),
      () => bob.vectorStores.files.retrieve(file, { vector_store_id: store }),
      () => bob.vectorStores.files.content(file, { vector_store_id: store }),
      () => bob.vectorStores.files.update(file, { vector_store_id: store, attributes: {} }),
      () => bob.vectorStores.files.delete(file, { vector_store_id: store }),
      () => bob.vectorStores.fileBatches.create(store, { file_ids: [file] }),
    ])
      await expect(call()).rejects.toMatchObject(notFound);
    await expect(
      bob.responses.create({ model: "scripted", input: "hi", tools: tools(store) }),
    ).rejects.toMatchObject({ ...notFound, param: "tools[0].vector_store_ids[1]" });
    expect((await alice.vectorStores.search(store, { query: "otters" })).data).toHaveLength(1);
  });

  test("cannot put each other's files into their own stores", async () => {
    const { id: own } = await bob.vectorStores.create({});
    await expect(bob.vectorStores.create({ file_ids: [file] })).rejects.toMatchObject({
      ...notFound,
      param: "file_ids[0]",
    });
    await expect(bob.vectorStores.files.create(own, { file_id: file })).rejects.toMatchObject({
      ...notFound,
      param: "file_id",
    });
    await expect(bob.vectorStores.fileBatches.create(own, { file_ids: [file] })).rejects.toMatchObject({
      ...notFound,
      param: "file_ids[0]",
    });
    expect((await bob.vectorStores.search(own, { query: "otters" })).data).toEqual([]);
  });

  test("share content that is the same without knowing of it", async () => {
    const content = await toFile(Buffer.from("Otters swim in rivers."), "mine.md");
    const mine = await bob.files.create({ file: content, purpose: "assistants" });
    await bob.files.delete(mine.id);
    expect(await (await alice.files.content(file)).text()).toBe("Otters swim in rivers.");
  });

  test("do not see each other's prompts and connectors", async () => {
    const { body: prompt } = await as("alice", "POST", "/prompts", { prompt: "Secret plan" });
    const connector = { connector_id: "docs", name: "Docs", server_url: "https://mcp.example.com/mcp" };
    await as("alice", "POST", "/connectors", connector);
    for (const [method, path, body] of [
      ["GET", `/prompts/${prompt.id}`],
      ["GET", `/prompts/${prompt.id}/versions`],
      ["PUT", `/prompts/${prompt.id}`, { prompt: "x", version: "1" }],
      ["POST", `/prompts/${prompt.id}/default_version`, { version: "1" }],
      ["DELETE", `/prompts/${prompt.id}`],
      ["GET", "/connectors/docs"],
      ["DELETE", "/connectors/docs"],
    ] as const)
      expect((await as("bob", method, path, body)).status, `${method} ${path}`).toBe(404);
    for (const path of ["/prompts", "/connectors"])
      expect((await as("bob", "GET", path)).body.data).toEqual([]);
    await expect(
      bob.responses.create({ model: "scripted", prompt: { id: prompt.id } }),
    ).rejects.toMatchObject({ ...notFound, param: "prompt.id" });
    await as("bob", "POST", "/connectors", { ...connector, name: "Bob's" });
    expect((await as("alice", "GET", "/connectors/docs")).body).toMatchObject({ name: "Docs" });
    expect((await as("alice", "GET", `/prompts/${prompt.id}`)).status).toBe(200);
  });

  test("need a key for all of it", async () => {
    for (const path of ["/files", `/files/${file}/content`, "/vector_stores", "/prompts", "/connectors"])
      expect((await sendJson(doors.url(door), "GET", path)).status, path).toBe(401);
  });
});
