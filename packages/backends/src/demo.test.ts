import { compactionInstructions, type ModelTurn } from "@gateway/engine";
import type { FunctionTool, Item } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { openDemoBackend } from "./demo.ts";
import { argumentsOf, readTurn, textOf, turnOf, user } from "./testing/model-turn.ts";

const demo = openDemoBackend({ paceMs: 0 });
const weather: FunctionTool = {
  type: "function",
  name: "get_weather",
  parameters: {
    type: "object",
    required: ["city", "unit"],
    properties: { city: { type: "string" }, unit: { enum: ["celsius", "fahrenheit"] } },
  },
};
const clock: FunctionTool = { type: "function", name: "get_time", parameters: null };

const demoTurn = (items: Item[], turn: Partial<ModelTurn> = {}): ModelTurn =>
  turnOf(items, { request: { model: "demo" }, model: "demo", ...turn });
const ask = (items: Item[], turn?: Partial<ModelTurn>) => readTurn(demo, demoTurn(items, turn));

describe("text", () => {
  test("says what it is, what it heard and how to connect a real model, word by word", async () => {
    const deltas = await ask([user([{ type: "input_text", text: "Good morning" }])]);
    expect(textOf(deltas)).toMatch(/demo model.*You said: "Good morning".*Ollama.*OPENAI_BASE_URL/);
    expect(deltas.filter(({ kind }) => kind === "text").length).toBeGreaterThan(10);
    expect(deltas.at(-1)).toEqual({ kind: "finish", reason: "stop" });
    expect(await ask([user([{ type: "input_text", text: "Good morning" }])])).toEqual(deltas);
  });

  test("shows that it sees the whole conversation", async () => {
    expect(textOf(await ask([user("one"), user("two")]))).toContain("2 messages of yours");
  });

  test("repeats a long text only shortly", async () => {
    expect(textOf(await ask([user("word ".repeat(500))])).length).toBeLessThan(500);
  });

  test("notes the last lines of a conversation that is to be compacted", async () => {
    const record = Array.from({ length: 10 }, (_, n) => `user: line ${n} ${"word ".repeat(50)}`).join("\n\n");
    const said = user(`<record>\n${record}\n</record>\n\nWrite the hand-over notes now.`);
    const notes = textOf(await ask([said], { instructions: `${compactionInstructions} And so on.` }));
    expect(notes).toContain("- user: line 9 word");
    expect(notes).not.toContain("line 3");
    expect(notes).not.toContain("Write the hand-over");
    expect(notes.length).toBeLessThan(1000);
  });

  test("stops at the token limit", async () => {
    const deltas = await ask([user("Hi")], { maxOutputTokens: 5 });
    expect(deltas.filter(({ kind }) => kind === "text")).toHaveLength(5);
    expect(deltas.slice(-2)).toMatchObject([{ usage: { output_tokens: 5 } }, { reason: "length" }]);
  });

  test("is JSON of the schema where that is asked for", async () => {
    const format = {
      type: "json_schema",
      name: "n",
      schema: { type: "object", required: ["ok"], properties: { ok: { type: "boolean" } } },
    } as const;
    const deltas = await ask([user("Hi")], { request: { model: "demo", text: { format } } });
    expect(JSON.parse(textOf(deltas))).toEqual({ ok: true });
  });

  test("is some JSON object where that is asked for", async () => {
    const deltas = await ask([user('Say "hi"')], {
      request: { model: "demo", text: { format: { type: "json_object" } } },
    });
    expect(JSON.parse(textOf(deltas))).toMatchObject({ you_said: 'Say "hi"' });
  });
});

describe("functions", () => {
  test.each(["What is the weather in Paris today?", "Please call get_weather for Paris"])(
    "are called when asked for: %s",
    async (said) => {
      const deltas = await ask([user(said)], { tools: [clock, weather] });
      expect(deltas[0]).toMatchObject({
        kind: "call",
        name: "get_weather",
        callId: expect.stringMatching(/^call_/),
      });
      expect(JSON.parse(argumentsOf(deltas))).toEqual({ city: "Paris", unit: "celsius" });
      expect(deltas.at(-1)).toEqual({ kind: "finish", reason: "tool_calls" });
    },
  );

  test("are not called when nothing asks for them", async () => {
    expect(textOf(await ask([user("Good morning")], { tools: [clock, weather] }))).toContain("demo model");
  });

  test("are called when compulsory, by name or any", async () => {
    expect((await ask([user("Hi")], { tools: [clock, weather], toolChoice: "required" }))[0]).toMatchObject({
      name: "get_time",
    });
    expect(
      (await ask([user("Hi")], { tools: [clock, weather], toolChoice: { name: "get_weather" } }))[0],
    ).toMatchObject({ name: "get_weather" });
  });

  test("answer, and the model tells what they answered", async () => {
    const items: Item[] = [
      user("What is the weather in Paris?"),
      { type: "function_call", id: "fc_1", call_id: "call_1", name: "get_weather", arguments: "{}" },
      { type: "function_call_output", id: "fco_1", call_id: "call_1", output: "rain" },
    ];
    expect(textOf(await ask(items, { tools: [weather] }))).toBe("The function get_weather answered: rain");
  });
});

test("abort ends the answer", async () => {
  const abort = new AbortController();
  const stream = await openDemoBackend().open(demoTurn([user("Hi")]), abort.signal);
  const read = async () => {
    for await (const deltas of stream) {
      expect(deltas).toHaveLength(1);
      abort.abort("left");
    }
  };
  await expect(read()).rejects.toBe("left");
});

test("any other model does not exist here", async () => {
  const turn = { ...demoTurn([user("Hi")]), model: "gpt" };
  await expect(demo.open(turn, new AbortController().signal)).rejects.toMatchObject({
    status: 404,
    code: "model_not_found",
  });
});

test("its entry in the list says what it is", async () => {
  expect(await demo.listModels(new AbortController().signal)).toEqual([
    {
      id: "demo",
      object: "model",
      created: 0,
      owned_by: "demo",
      description: expect.stringContaining("not a language model"),
    },
  ]);
});
