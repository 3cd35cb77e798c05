import type { ModelDelta, ModelTurn } from "@gateway/engine";
import type { FunctionTool, Item } from "@gateway/protocol";
import { describeWith, type LlamaServer, startLlamaServer } from "@gateway/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChatBackend, openChatBackend } from "./backend.ts";

describeWith("llama-server", "a real llama-server", () => {
  let server: LlamaServer;
  let backend: ChatBackend;

  beforeAll(async () => {
    server = await startLlamaServer({ apiKey: "sk-parrot" });
    backend = openChatBackend({ name: "llama", url: server.url, key: "sk-parrot" });
  });

  afterAll(async () => {
    await backend?.close();
    await server?.stop();
  });

  const weather: FunctionTool = {
    type: "function",
    name: "get_weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  };
  const user = (content: string): Item => ({ type: "message", id: "msg_1", role: "user", content });

  async function ask(items: Item[], turn: Partial<ModelTurn> = {}): Promise<ModelDelta[]> {
    const deltas: ModelDelta[] = [];
    const stream = await backend.open(
      {
        request: { model: server.model, temperature: 0 },
        model: server.model,
        instructions: null,
        items,
        tools: [],
        places: new Map(),
        toolChoice: "auto",
        maxOutputTokens: 64,
        ...turn,
      },
      new AbortController().signal,
    );
    for await (const batch of stream) deltas.push(...batch);
    return deltas;
  }

  const joined = (deltas: ModelDelta[], kind: "text" | "arguments") =>
    deltas.map((delta) => (delta.kind === kind ? delta.text : "")).join("");

  test("streams text, with counts and a finish", async () => {
    const deltas = await ask([user("say apple river")]);
    expect(joined(deltas, "text").trim()).toBe("apple river");
    expect(deltas.slice(-2)).toMatchObject([
      { kind: "usage", usage: { output_tokens: expect.any(Number) } },
      { kind: "finish", reason: "stop" },
    ]);
  });

  test("calls a tool and is told its output", async () => {
    const question = user("What is the weather in Paris?");
    const deltas = await ask([question], { tools: [weather] });
    const call = deltas.find((delta) => delta.kind === "call");
    expect(call).toMatchObject({ name: "get_weather" });
    expect(JSON.parse(joined(deltas, "arguments"))).toEqual({ city: "Paris" });
    expect(deltas.at(-1)).toEqual({ kind: "finish", reason: "tool_calls" });

    const call_id = call?.kind === "call" ? call.callId : "";
    const history: Item[] = [
      question,
      {
        type: "function_call",
        id: "fc_1",
        call_id,
        name: "get_weather",
        arguments: joined(deltas, "arguments"),
      },
      { type: "function_call_output", id: "fco_1", call_id, output: "rain" },
    ];
    expect(joined(await ask(history, { tools: [weather] }), "text")).toContain("Result: rain");
  });

  test("stops at the limit", async () => {
    expect((await ask([user("count to 50")], { maxOutputTokens: 16 })).at(-1)).toEqual({
      kind: "finish",
      reason: "length",
    });
  });

  test("says that a prompt is too long in words that are understood", async () => {
    await expect(ask([user("word ".repeat(5_000))])).rejects.toMatchObject({
      status: 400,
      code: "context_length_exceeded",
      param: "input",
    });
  });

  test("says that a key is wrong in words that are understood", async () => {
    const wrong = openChatBackend({ name: "llama", url: server.url, key: "sk-wrong" });
    await expect(wrong.listModels(new AbortController().signal)).rejects.toMatchObject({
      status: 500,
      code: "upstream_auth",
    });
    await wrong.close();
  });

  test("lists its model", async () => {
    expect(await backend.listModels(new AbortController().signal)).toMatchObject([
      { id: server.model, object: "model" },
    ]);
  });
});
