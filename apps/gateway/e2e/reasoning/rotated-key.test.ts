import { existsSync, rmSync } from "node:fs";
import { rotateServerKey } from "@gateway/store";
import type OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { doorNames } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "../knowledge/knowledge-doors.ts";
import { output, ownMessages, shell, thinking, thought } from "./thinking-model.ts";

const lastDoor = doorNames.at(-1) ?? "http";
const question = { role: "user" as const, content: "What is here?" };

/** A first turn, and what goes back of it: the thought only sealed. */
async function think(doors: KnowledgeDoors): Promise<OpenAI.Responses.ResponseInputItem[]> {
  const first = await doors.client(lastDoor).responses.create({
    model: "scripted",
    store: false,
    input: [question],
    tools: [shell],
  });
  const [item, call] = first.output;
  if (item?.type !== "reasoning" || call?.type !== "function_call")
    throw new Error("the model did not think");
  const { encrypted_content = null } = item;
  return [question, { id: item.id, type: "reasoning", summary: [], encrypted_content }, call, output];
}

/** What a model is shown as its thought in a second turn, at every door, and what the response says was removed. */
async function recall(doors: KnowledgeDoors, input: OpenAI.Responses.ResponseInputItem[]) {
  const seen = [];
  for (const door of doorNames) {
    const response = await doors.client(door).responses.create({ model: "scripted", input, tools: [shell] });
    const shown = ownMessages(doors.backend.requests.at(-1))[0]?.reasoning_content;
    seen.push({ shown, removed: response.input_transformations?.map(({ reason }) => reason) });
  }
  return seen;
}

const kept = doorNames.map(() => ({ shown: thought, removed: undefined }));
const lost = doorNames.map(() => ({ shown: undefined, removed: ["organization_mismatch"] }));

describe("a thought that was sealed under a former key", () => {
  test("is shown as long as the configuration names that key", async () => {
    await using doors = await startKnowledge({ server_key: "the first key" });
    doors.backend.setDefault(thinking);
    const items = await think(doors);
    await doors.restart({ config: { server_key: "the second key", former_server_keys: ["the first key"] } });
    expect(await recall(doors, items)).toEqual(kept);
    const later = await think(doors);
    await doors.restart({ config: { server_key: "the second key" } });
    expect(await recall(doors, items)).toEqual(lost);
    expect(await recall(doors, later)).toEqual(kept);
  });

  test("is shown after a rotation of the key file, while the gateway runs and after its restart", async () => {
    await using doors = await startKnowledge();
    doors.backend.setDefault(thinking);
    const before = await think(doors);
    const { former } = rotateServerKey(`${doors.gateway.cwd}/data/gateway.db`);
    expect(former).toBe(1);
    const meanwhile = await think(doors);
    await doors.restart();
    for (const items of [before, meanwhile, await think(doors)]) {
      expect(await recall(doors, items)).toEqual(kept);
    }
  });

  test("is shown after a key was configured in place of the file, as long as the file is there", async () => {
    await using doors = await startKnowledge();
    doors.backend.setDefault(thinking);
    const before = await think(doors);
    await doors.restart({ config: { server_key: "a key", former_server_keys: [""] } });
    expect(await recall(doors, before)).toEqual(kept);
    const later = await think(doors);
    rmSync(`${doors.gateway.cwd}/data/gateway.db-key`);
    await doors.restart({ config: { server_key: "a key" } });
    expect(await recall(doors, before)).toEqual(lost);
    expect(await recall(doors, later)).toEqual(kept);
    expect(existsSync(`${doors.gateway.cwd}/data/gateway.db-key`)).toBe(false);
  });
});
