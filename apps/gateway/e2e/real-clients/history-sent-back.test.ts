import { startSearchEngine, text } from "@gateway/testkit";
import { HumanMessage } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import type OpenAI from "openai";
import { toFile } from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge, twoTenants } from "../knowledge/knowledge-doors.ts";
import { settledStore } from "../knowledge/settled-store.ts";
import { acting, shownOutputs } from "../web/web-doors.ts";

type InputItem = OpenAI.Responses.ResponseInputItem;

const page = { title: "Cats", url: "https://cats.example/", text: "Cats sleep." };
const link = "([cats.example](https://cats.example/))";

/** Clients that keep the items of an answer themselves, and send them back as they were told of them. */
describe.for(oneDoor)("searches that come back without their results through %s", (door) => {
  let doors: KnowledgeDoors;
  let engine: Awaited<ReturnType<typeof startSearchEngine>>;
  let alice: OpenAI;
  let bob: OpenAI;
  let store: string;
  beforeAll(async () => {
    engine = await startSearchEngine("searxng");
    engine.pages = [page];
    doors = await startKnowledge({
      auth: twoTenants,
      tools: { allow_private_networks: true, web_search: { provider: "searxng", url: engine.origin } },
    });
    alice = doors.client(door, "sk-alice");
    bob = doors.client(door, "sk-bob");
    const file = await toFile(Buffer.from("Otters swim in rivers."), "otters.md");
    store = (
      await alice.vectorStores.create({
        file_ids: [(await alice.files.create({ file, purpose: "assistants" })).id],
      })
    ).id;
    await settledStore(alice, store);
  });
  afterAll(async () => {
    await doors[Symbol.asyncDispose]();
    await engine.stop();
  });
  beforeEach(() => {
    doors.backend.setDefault(text("As I said 【2】 and 【1】."));
  });

  /** The items of an answer whose model has searched the web and the files. */
  const searched = async (fields: { store?: boolean } = {}): Promise<InputItem[]> => {
    doors.backend.setDefault(
      acting(
        [
          { name: "web_search", arguments: { queries: ["cats"] } },
          { name: "file_search", arguments: { queries: ["otters swim"] } },
        ],
        "Cats sleep 【1】.",
      ),
    );
    const response = await alice.responses.create({
      model: "scripted",
      input: "What do they do?",
      tools: [{ type: "web_search" }, { type: "file_search", vector_store_ids: [store] }],
      ...fields,
    });
    doors.backend.setDefault(text("As I said 【2】 and 【1】."));
    expect(response.output.map(({ type }) => type)).toEqual([
      "web_search_call",
      "file_search_call",
      "message",
    ]);
    return response.output as InputItem[];
  };
  const question = { role: "user" as const, content: "What do they do?" };
  const next = { role: "user" as const, content: "Really?" };
  const shown = () => shownOutputs(doors.backend.requests.at(-1));
  const goOn = (client: OpenAI, input: InputItem[], fields: object = {}) =>
    client.responses.create({ model: "scripted", input, ...fields }).withResponse();

  test("have those that are kept, and can be cited again", async () => {
    const items = await searched();
    const { data, response } = await goOn(alice, [question, ...items, next]);
    expect(response.headers.get("x-gateway-ignored")).toBeNull();
    expect(shown()).toEqual([
      expect.stringContaining("Cats sleep."),
      expect.stringContaining("【2】 otters.md\nOtters swim in rivers."),
    ]);
    expect(data.output_text).toBe(`As I said and ${link}.`);
    expect(data.output).toMatchObject([
      { content: [{ annotations: [{ type: "file_citation" }, { type: "url_citation", url: page.url }] }] },
    ]);
    // The same as the gateway shows it by itself.
    const messages = doors.backend.requests.at(-1)?.body.messages;
    await goOn(alice, [
      question,
      ...items.map((item) => ({ type: "item_reference" as const, id: "id" in item ? String(item.id) : "" })),
      next,
    ]);
    expect(doors.backend.requests.at(-1)?.body.messages).toEqual(messages);
  });

  test("are shown without them where nobody has any, and leave no marks in the answer", async () => {
    const unknown = await searched({ store: false });
    const others = await searched();
    for (const [client, items] of [
      [alice, unknown],
      [bob, others],
    ] as const) {
      const { data, response } = await goOn(client, [question, ...items, next]);
      expect(response.headers.get("x-gateway-ignored")).toBeNull();
      expect(shown()).toEqual([
        expect.stringContaining("no longer at hand"),
        expect.stringContaining("no longer at hand"),
      ]);
      const calls = doors.backend.requests
        .at(-1)
        ?.body.messages?.flatMap(({ tool_calls: made }) => made ?? []);
      expect(calls?.map((call) => call.function?.arguments)).toEqual([
        '{"queries":["cats"]}',
        '{"queries":["otters swim"]}',
      ]);
      expect(data.output_text).toBe("As I said and.");
    }
  });

  test("keep them in a conversation that they are put into", async () => {
    const items = await searched();
    const { id: conversation } = await alice.conversations.create({
      items: [question, ...items.slice(0, 1)],
    });
    await alice.conversations.items.create(conversation, { items: items.slice(1) });
    const hidden = await alice.conversations.items.list(conversation, { order: "asc" });
    expect(hidden.data.map(({ type }) => type)).toEqual([
      "message",
      "web_search_call",
      "file_search_call",
      "message",
    ]);
    expect(JSON.stringify(hidden.data)).not.toContain("Otters swim in rivers.");
    const { data } = await goOn(alice, [next], { conversation });
    expect(shown()).toEqual([
      expect.stringContaining("Cats sleep."),
      expect.stringContaining("Otters swim in rivers."),
    ]);
    expect(data.output_text).toBe(`As I said and ${link}.`);

    const { id: ofBob } = await bob.conversations.create({ items: [question, ...items] });
    await goOn(bob, [next], { conversation: ofBob });
    expect(shown()).toEqual([
      expect.stringContaining("no longer at hand"),
      expect.stringContaining("no longer at hand"),
    ]);
    const include = ["file_search_call.results" as const, "web_search_call.results" as const];
    const listed = await bob.conversations.items.list(ofBob, { include });
    expect(JSON.stringify(listed.data)).not.toContain("Otters swim in rivers.");
  });

  test("are found again for LangChain, which sends its messages with all they hold", async () => {
    doors.backend.setDefault(
      acting([{ name: "web_search", arguments: { queries: ["cats"] } }], "Cats sleep 【1】."),
    );
    const model = new ChatOpenAI({
      ...{ model: "scripted", apiKey: "sk-alice", useResponsesApi: true, maxRetries: 0 },
      configuration: { baseURL: doors.url(door) },
    }).bindTools([{ type: "web_search" }]);
    const asked = new HumanMessage("What do cats do?");
    const said = await model.invoke([asked]);
    doors.backend.setDefault(text("As I said 【1】."));
    const again = await model.invoke([asked, said, new HumanMessage("Really?")]);
    expect(shown()).toEqual([expect.stringContaining("Cats sleep.")]);
    expect(again.text).toBe(`As I said ${link}.`);
  });

  test("are not shown a second time beside the response that has them", async () => {
    const items = await searched();
    const { data: first } = await goOn(alice, [question, ...items, next]);
    await goOn(alice, [...items.slice(0, 2), next], { previous_response_id: first.id });
    expect(shown()).toHaveLength(2);
  });
});
