import { type CompactedResponse, parseCompactRequest } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { inShort, shown } from "../testing/compaction-talk.ts";
import { EngineWorld, plainSealer, say } from "../testing/engine-world.ts";
import { compactWindow } from "./compact-window.ts";
import { openCompaction } from "./compaction-content.ts";

const notes = [[say.text("Notes.")], [say.stop, say.usage(100, 30)]];
const answer = [[say.text("Right."), say.stop]];
const user = (text: string) => ({ role: "user", content: text });
const assistant = (text: string) => ({ role: "assistant", content: text });
const call = { type: "function_call", call_id: "c1", name: "f", arguments: "{}" };
const output = { type: "function_call_output", call_id: "c1", output: "42" };

function compact(world: EngineWorld, fields: Record<string, unknown>): Promise<CompactedResponse> {
  const { request } = parseCompactRequest({ model: "m", ...fields }, false);
  const onFault = (message: string) => void world.faults.push(message);
  const scope = { tenant: "acme", abort: world.abort, onFault, onFailure: () => {} };
  return compactWindow(request, scope, world.deps());
}

function contentOf({ output: items }: CompactedResponse) {
  const last = items.at(-1);
  return last?.type === "compaction"
    ? openCompaction(last.encrypted_content, "acme", plainSealer)
    : undefined;
}

const talk = [
  { role: "developer", content: "Be brief." },
  user("one"),
  assistant("first"),
  user("two"),
  call,
  output,
  assistant("second"),
];

test("a context that is too long by far is refused without a call of the model", async () => {
  const world = new EngineWorld();
  world.model.window = 500;
  const input = [user("one"), assistant("word ".repeat(40_000)), user("two"), assistant("second")];
  await expect(compact(world, { input })).rejects.toMatchObject({
    status: 400,
    code: "context_length_exceeded",
  });
  expect(world.model.seen).toEqual([]);
});

describe("a window", () => {
  test("is what the user said, then a compaction for the rest", async () => {
    const world = new EngineWorld(notes);
    const compacted = await compact(world, { input: talk });
    expect(compacted).toMatchObject({
      id: expect.stringMatching(/^resp_/),
      object: "response.compaction",
      created_at: 1_700_000_000,
      usage: { input_tokens: 100, output_tokens: 30 },
    });
    expect(compacted.output.map(inShort)).toEqual(["user: one", "user: two", "compaction"]);
    expect(compacted.output.every(({ id }) => id !== "")).toBe(true);
    const content = contentOf(compacted);
    expect(content).toMatchObject({ summary: "Notes.", replaces: false });
    expect(content?.kept.map(inShort)).toEqual([
      "developer: Be brief.",
      "function_call",
      "function_call_output",
      "assistant: second",
    ]);
    expect(shown(world, 0).join()).toContain("assistant: first");
    expect(world.responses.all()).toEqual([]);
  });

  test("can be sent back with a new message", async () => {
    const world = new EngineWorld(notes, answer);
    const compacted = await compact(world, { input: talk });
    await world.run({ input: [...compacted.output, user("three")] });
    expect(shown(world, 1)).toEqual([
      "developer: Be brief.",
      "user: one",
      "user: two",
      expect.stringContaining("Notes."),
      "function_call",
      "function_call_output",
      "assistant: second",
      "user: three",
    ]);
  });

  test("has the user's words also where a client has cut off all that is before the compaction", async () => {
    const world = new EngineWorld(notes, answer);
    const compacted = await compact(world, { input: talk });
    await world.run({ input: [...compacted.output.slice(-1), user("three")] });
    expect(shown(world, 1)).toEqual([
      "developer: Be brief.",
      "user: one",
      "user: two",
      expect.stringContaining("Notes."),
      "function_call",
      "function_call_output",
      "assistant: second",
      "user: three",
    ]);
  });

  test("can be compacted again, and its notes go into the new ones", async () => {
    const world = new EngineWorld(notes, [[say.text("Newer."), say.stop]]);
    const first = await compact(world, { input: talk });
    const second = await compact(world, { input: [...first.output, user("three"), assistant("third")] });
    expect(second.output.map(inShort)).toEqual(["user: one", "user: two", "user: three", "compaction"]);
    expect(shown(world, 1).join()).toContain("<notes>\nNotes.\n</notes>");
    expect(contentOf(second)).toMatchObject({ summary: "Newer." });
    expect(contentOf(second)?.kept.map(inShort)).toEqual(["developer: Be brief.", "assistant: third"]);
  });

  test("of a chain is the whole chain's", async () => {
    const world = new EngineWorld(answer, notes);
    const { id } = await world.run({ input: "one" });
    const compacted = await compact(world, { previous_response_id: id, input: "two" });
    expect(compacted.output.map(inShort)).toEqual(["user: one", "user: two", "compaction"]);
  });

  test("that is nothing but the user's words asks no model", async () => {
    const compacted = await compact(new EngineWorld(), { input: [user("one"), user("two")] });
    expect(compacted.output.map(inShort)).toEqual(["user: one", "user: two", "compaction"]);
    expect(contentOf(compacted)).toMatchObject({ summary: "", kept: [] });
    expect(compacted.usage).toMatchObject({ total_tokens: 0 });
  });

  test("repeats the newest words only where there are too many; the rest is summarised", async () => {
    const world = new EngineWorld(notes);
    const long = "word ".repeat(12_000);
    const compacted = await compact(world, { input: [user(`a ${long}`), user(`b ${long}`), user("c")] });
    expect(compacted.output.map((item) => inShort(item).slice(0, 8))).toEqual([
      "user: b ",
      "user: c",
      "compacti",
    ]);
    expect(shown(world, 0).join()).toContain("user: a word");
  });

  test("weighs what files say, not how they are named", async () => {
    const world = new EngineWorld(notes);
    for (const name of ["a", "b"]) {
      world.knowledge.texts.set(`file-${name}`, { filename: name, text: "word ".repeat(12_000) });
    }
    const file = (part: object) => ({ role: "user", content: [{ type: "input_file", ...part }] });
    const data = `data:text/plain;base64,${Buffer.from("word ".repeat(12_000)).toString("base64")}`;
    for (const older of [{ file_id: "file-a" }, { file_data: data }]) {
      const input = [file(older), file({ file_id: "file-b" }), user("c")];
      const compacted = await compact(world, { input });
      expect(compacted.output.map(inShort)).toEqual(["user: input_file", "user: c", "compaction"]);
      expect(compacted.output[0]).toMatchObject({ content: [{ file_id: "file-b" }] });
      world.model = new EngineWorld(notes).model;
    }
  });

  test("behind a history has the developer's words before that", async () => {
    const world = new EngineWorld(notes, answer, answer);
    const compacted = await compact(world, { input: talk });
    const { id } = await world.run({ input: "zero" });
    await world.run({ previous_response_id: id, input: [...compacted.output, user("three")] });
    expect(shown(world, 2).slice(0, 5)).toEqual([
      "developer: Be brief.",
      "user: zero",
      "assistant: Right.",
      "user: one",
      "user: two",
    ]);
  });

  test("keeps a call that is still to be answered", async () => {
    const world = new EngineWorld(notes, answer);
    const compacted = await compact(world, { input: [user("one"), assistant("first"), user("two"), call] });
    await world.run({ input: [...compacted.output, output] });
    expect(shown(world, 1).slice(-2)).toEqual(["function_call", "function_call_output"]);
  });
});

test.each([
  ["an unknown model", { model: "x", input: "hi" }, { status: 404, code: "model_not_found" }],
  [
    "an unknown response",
    { previous_response_id: "resp_x" },
    { status: 404, code: "previous_response_not_found" },
  ],
  ["an output without its call", { input: [output] }, { status: 422 }],
])("%s is refused", async (_name, fields, error) => {
  await expect(compact(new EngineWorld(), fields)).rejects.toMatchObject(error);
});

test("a client that leaves ends the model's work", async () => {
  const world = new EngineWorld([[say.text("No")], "hang"]);
  const compacting = compact(world, { input: talk.slice(0, 4) });
  await new Promise<void>((resolve) => {
    const look = () => (world.model.seen.length > 0 ? resolve() : setImmediate(look));
    look();
  });
  world.abort.abort();
  await expect(compacting).rejects.toMatchObject({ status: 500 });
});
