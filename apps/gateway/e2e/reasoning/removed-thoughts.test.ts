import type OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge, twoTenants } from "../knowledge/knowledge-doors.ts";
import { output, ownMessages, shell, thinking, thought } from "./thinking-model.ts";

type Item = OpenAI.Responses.ResponseInputItem;
type Reasoning = OpenAI.Responses.ResponseReasoningItem;

let doors: KnowledgeDoors;
beforeAll(async () => {
  const served = { backends: ["scripted"], as: "scripted" };
  doors = await startKnowledge({ auth: twoTenants, models: { scripted: served, another: served } });
  doors.backend.setDefault(thinking);
});
afterAll(() => doors[Symbol.asyncDispose]());

const include = ["reasoning.encrypted_content" as const];
const question: Item = { role: "user", content: "What is here?" };
const shownThought = () => ownMessages(doors.backend.requests.at(-1))[0]?.reasoning_content;

describe.for(oneDoor)("a sealed thought, through %s", (door) => {
  const alice = () => doors.client(door, "sk-alice");
  let call: Item;
  let sealed: Reasoning;
  let id: string;
  beforeEach(async () => {
    const first = await alice().responses.create({
      model: "scripted",
      input: [question],
      tools: [shell],
      include,
    });
    const [item, called] = first.output;
    if (item?.type !== "reasoning" || called?.type !== "function_call")
      throw new Error("the model did not think");
    // The seal alone: what is in clear is not needed, and would be shown.
    sealed = { id: item.id, type: "reasoning", summary: [], encrypted_content: item.encrypted_content ?? "" };
    call = called;
    id = first.id;
  });
  const continued = (item: Item) => ({
    model: "scripted",
    input: [question, item, call, output],
    tools: [shell],
  });
  const removed = (reason: string) => [{ id: sealed.id, type: "reasoning", action: "removed", reason }];

  test("is shown to its model, for its tenant", async () => {
    const response = await alice().responses.create(continued(sealed));
    expect(response.input_transformations).toBeUndefined();
    expect(shownThought()).toBe(thought);
  });

  test("of another tenant is left out, which every event and the stored response tell", async () => {
    const bob = doors.client(door, "sk-bob");
    const stream = await bob.responses.create({ ...continued(sealed), stream: true });
    const told: unknown[] = [];
    let final = "";
    for await (const event of stream) {
      if (!("response" in event)) continue;
      told.push(event.response.input_transformations);
      final = event.response.id;
    }
    expect(told).toEqual([1, 2, 3].map(() => removed("organization_mismatch")));
    expect(shownThought()).toBeUndefined();
    expect(await bob.responses.retrieve(final)).toMatchObject({
      input_transformations: removed("organization_mismatch"),
    });
  });

  test("of another model is left out", async () => {
    const response = await alice().responses.create({ ...continued(sealed), model: "another" });
    expect(response).toMatchObject({ status: "completed", input_transformations: removed("model_mismatch") });
    expect(shownThought()).toBeUndefined();
  });

  test("that is damaged is left out; with its text in clear that is shown", async () => {
    const damaged = { ...sealed, encrypted_content: `${sealed.encrypted_content?.slice(0, -8)}AAAAAAAA` };
    const response = await alice().responses.create(continued(damaged));
    expect(response).toMatchObject({
      status: "completed",
      input_transformations: removed("organization_mismatch"),
    });
    expect(shownThought()).toBeUndefined();

    const clear = { ...damaged, content: [{ type: "reasoning_text" as const, text: "In clear." }] };
    const next = await alice().responses.create(continued(clear));
    expect(next.input_transformations).toBeUndefined();
    expect(shownThought()).toBe("In clear.");
  });

  test("is in a stored response only for those who ask, the same each time", async () => {
    const plain = await alice().responses.retrieve(id);
    expect(plain.output[0]).not.toHaveProperty("encrypted_content");
    for (let round = 0; round < 2; round++) {
      const whole = await alice().responses.retrieve(id, { include });
      expect(whole.output[0]).toMatchObject({ encrypted_content: sealed.encrypted_content });
    }
  });

  test("can be had later of a response that was made without", async () => {
    const made = await alice().responses.create({ model: "scripted", input: [question], tools: [shell] });
    expect(made.output[0]).not.toHaveProperty("encrypted_content");
    const { output: items } = await alice().responses.retrieve(made.id, { include });
    const [item] = items;
    if (item?.type !== "reasoning") throw new Error("the thought is gone");
    const seal = { ...sealed, encrypted_content: item.encrypted_content ?? "" };
    expect((await alice().responses.create(continued(seal))).input_transformations).toBeUndefined();
    expect(shownThought()).toBe(thought);
  });
});
