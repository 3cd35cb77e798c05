import type { ResponseEvent } from "@gateway/protocol";
import { StreamChecker } from "@gateway/protocol/grammar";
import { text } from "@gateway/testkit";
import type OpenAI from "openai";
import { toFile } from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "./knowledge-doors.ts";
import { searching, shownResults } from "./scripted-search.ts";
import { settledStore } from "./settled-store.ts";

describe.for(oneDoor)("what is kept of a file_search through %s, by the official client", (door) => {
  let doors: KnowledgeDoors;
  let client: OpenAI;
  let store: string;
  let otters: string;
  beforeAll(async () => {
    doors = await startKnowledge();
    client = doors.client(door);
    const file = await toFile(Buffer.from("Otters swim in rivers."), "otters.md");
    otters = (await client.files.create({ file, purpose: "assistants" })).id;
    store = (await client.vectorStores.create({ file_ids: [otters] })).id;
    await settledStore(client, store);
  });
  afterAll(() => doors[Symbol.asyncDispose]());
  beforeEach(() => {
    doors.backend.setDefault(searching({ searches: [["otters swim"]], answer: "They swim 【1】." }));
  });

  const ask = () => ({
    model: "scripted",
    input: "What do otters do?",
    tools: [{ type: "file_search" as const, vector_store_ids: [store] }],
  });
  const include = ["file_search_call.results" as const];
  const shown = () => shownResults(doors.backend.requests.at(-1));
  const roles = () => doors.backend.requests.at(-1)?.body.messages?.map(({ role }) => role);

  test("is shown to the model again in the next response, and can be cited there without the tool", async () => {
    const first = await client.responses.create(ask());
    doors.backend.setDefault(text("As I said 【1】."));
    const second = await client.responses.create({
      model: "scripted",
      input: "Really?",
      previous_response_id: first.id,
    });
    expect(roles()).toEqual(["user", "assistant", "tool", "assistant", "user"]);
    expect(shown()).toEqual([expect.stringContaining("【1】 otters.md\nOtters swim in rivers.")]);
    expect(second.output).toMatchObject([
      { content: [{ text: "As I said.", annotations: [{ file_id: otters, index: 9 }] }] },
    ]);
    const items = await client.responses.inputItems.list(second.id, { order: "asc", include });
    expect(items.data).toMatchObject([
      { role: "user" },
      { type: "file_search_call", queries: ["otters swim"], results: [{ file_id: otters }] },
      { role: "assistant" },
      { role: "user" },
    ]);
    const hidden = await client.responses.inputItems.list(second.id, { order: "asc" });
    expect(JSON.stringify(hidden.data)).not.toContain("Otters swim in rivers.");
  });

  test("may be sent back by the client, whole or without its results", async () => {
    const first = await client.responses.create({ ...ask(), include });
    for (const withResults of [true, false]) {
      const items = first.output.map((item) =>
        item.type === "file_search_call" && !withResults ? { ...item, results: null } : item,
      );
      doors.backend.setDefault(text("Yes."));
      const { status } = await client.responses.create({
        ...ask(),
        input: [
          { role: "user", content: "What do otters do?" },
          ...(items as OpenAI.Responses.ResponseInputItem[]),
          { role: "user", content: "Really?" },
        ],
      });
      expect(status).toBe("completed");
      expect(shown()).toEqual([expect.stringContaining("Otters swim in rivers.")]);
    }
  });

  test("is an item of the conversation", async () => {
    const conversation = await client.conversations.create({});
    await client.responses.create({ ...ask(), conversation: conversation.id });
    const list = async (query: OpenAI.Conversations.ItemListParams) =>
      (await client.conversations.items.list(conversation.id, { order: "asc", ...query })).data;
    expect(await list({})).toMatchObject([
      { type: "message", role: "user" },
      { type: "file_search_call", status: "completed", queries: ["otters swim"], results: null },
      { type: "message", role: "assistant", content: [{ annotations: [{ file_id: otters }] }] },
    ]);
    const [, search] = await list({ include });
    expect(search).toMatchObject({ results: [{ file_id: otters, text: "Otters swim in rivers." }] });
    const one = { conversation_id: conversation.id };
    const id = String(search?.id);
    expect(await client.conversations.items.retrieve(id, one)).toMatchObject({ id, results: null });
    expect(await client.conversations.items.retrieve(id, { ...one, include })).toMatchObject({
      results: [{ file_id: otters }],
    });

    doors.backend.setDefault(text("As I said 【1】."));
    const next = await client.responses.create({
      model: "scripted",
      input: "Really?",
      conversation: conversation.id,
    });
    expect(shown()).toEqual([expect.stringContaining("Otters swim in rivers.")]);
    expect(next.output).toMatchObject([{ content: [{ annotations: [{ file_id: otters }] }] }]);
    expect(await list({})).toHaveLength(5);
  });

  test("is nothing where store is false", async () => {
    const response = await client.responses.create({ ...ask(), store: false, include });
    expect(response.output[0]).toMatchObject({ type: "file_search_call", results: [{ file_id: otters }] });
    await expect(client.responses.retrieve(response.id)).rejects.toMatchObject({ status: 404 });
  });

  test("is cancelled, with the search closed, when the client leaves while it runs", async () => {
    const hold = doors.embeddings.hold();
    const checker = new StreamChecker();
    const stream = await client.responses.create({ ...ask(), stream: true });
    let id = "";
    for await (const event of stream) {
      checker.push(event as unknown as ResponseEvent);
      if (event.type === "response.created") id = event.response.id;
      if (event.type === "response.file_search_call.searching") break;
    }
    await hold.reached;
    await expect
      .poll(async () => (await client.responses.retrieve(id)).status, { timeout: 10_000 })
      .toBe("cancelled");
    const before = doors.backend.requests.length;
    hold.open();
    expect(await client.responses.retrieve(id)).toMatchObject({
      status: "cancelled",
      output: [{ type: "file_search_call", status: "incomplete", queries: ["otters swim"] }],
    });
    // The gateway is as before, and what was cancelled asked the model no more.
    expect((await client.responses.create(ask())).status).toBe("completed");
    expect(doors.backend.requests).toHaveLength(before + 2);
  });

  test("survives the file: what was found is there, the file is not", async () => {
    const file = await toFile(Buffer.from("Wombats dig burrows."), "wombats.md");
    const { id: wombats } = await client.files.create({ file, purpose: "assistants" });
    await client.vectorStores.files.createAndPoll(store, { file_id: wombats }, { pollIntervalMs: 20 });
    doors.backend.setDefault(searching({ searches: [["wombats dig burrows"]], answer: "They dig 【1】." }));
    const first = await client.responses.create(ask());
    await client.files.delete(wombats);
    const stored = await client.responses.retrieve(first.id, { include });
    expect(stored.output[0]).toMatchObject({ results: [{ file_id: wombats }, { file_id: otters }] });
    const again = await client.responses.create({ ...ask(), include });
    expect(JSON.stringify(again.output[0])).not.toContain(wombats);
  });
});
