import type { ModelTurn } from "@gateway/engine";
import type { FunctionTool, Item } from "@gateway/protocol";
import { describeWith, type LlamaServer, startLlamaServer } from "@gateway/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askServer } from "../server/ask-server.ts";
import { fromProps } from "../server/from-props.ts";
import { argumentsOf, never, readTurn, textOf, turnOf, user } from "../testing/model-turn.ts";
import { tokenCounters } from "../tokens/token-counters.ts";
import { defaultTimeouts } from "../upstream/timeouts.ts";
import { Upstream } from "../upstream/upstream.ts";
import { type ChatBackend, openChatBackend } from "./backend.ts";
import { commonDialect } from "./dialect.ts";
import { toChatRequest } from "./to-chat-request.ts";

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
  /** A turn of the server's model, which always answers alike. */
  const turn = (items: Item[], more: Partial<ModelTurn> = {}): ModelTurn =>
    turnOf(items, {
      request: { model: server.model, temperature: 0 },
      model: server.model,
      maxOutputTokens: 64,
      ...more,
    });
  const ask = (items: Item[], more?: Partial<ModelTurn>) => readTurn(backend, turn(items, more));

  test("streams text, with counts and a finish", async () => {
    const deltas = await ask([user("say apple river")]);
    expect(textOf(deltas).trim()).toBe("apple river");
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
    expect(JSON.parse(argumentsOf(deltas))).toEqual({ city: "Paris" });
    expect(deltas.at(-1)).toEqual({ kind: "finish", reason: "tool_calls" });

    const call_id = call?.kind === "call" ? call.callId : "";
    const history: Item[] = [
      question,
      {
        type: "function_call",
        id: "fc_1",
        call_id,
        name: "get_weather",
        arguments: argumentsOf(deltas),
      },
      { type: "function_call_output", id: "fco_1", call_id, output: "rain" },
    ];
    expect(textOf(await ask(history, { tools: [weather] }))).toContain("Result: rain");
  });

  test("holds an input to its grammar, beside the tools", async () => {
    const constraint = { gbnf: 'root ::= [A-C]{3} "!"', exact: true, mayBegin: () => true };
    const deltas = await ask([user("say apple river")], {
      tools: [weather],
      toolChoice: { name: "get_weather", input: { tool: "get_weather", constraint: () => constraint } },
    });
    expect(deltas.find((delta) => delta.kind === "call")).toMatchObject({
      name: "get_weather",
      constrained: { exact: true },
    });
    expect(argumentsOf(deltas)).toMatch(/^\{"input":"[A-C]{3}!"\}$/);
    expect(textOf(deltas)).toBe("");
  });

  test("refuses a grammar that it cannot read, and is then asked in the usual way", async () => {
    const constraint = { gbnf: "root ::= (", exact: true, mayBegin: () => true };
    const deltas = await ask([user("What is the weather in Paris?")], {
      tools: [weather],
      toolChoice: { name: "get_weather", input: { tool: "get_weather", constraint: () => constraint } },
    });
    expect(JSON.parse(argumentsOf(deltas))).toEqual({ city: "Paris" });
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

  const history: Item[] = [
    user("What is the weather in Paris?"),
    {
      type: "function_call",
      id: "fc_1",
      call_id: "call_1",
      name: "get_weather",
      arguments: '{"city":"Paris"}',
    },
    { type: "function_call_output", id: "fco_1", call_id: "call_1", output: "rain" },
  ];

  test("counts what it then is shown, to the token", async () => {
    for (const counted of [
      turn([user("say apple river")]),
      turn([user("say apple river")], { instructions: "Be kind", tools: [weather] }),
      turn(history, { tools: [weather], toolChoice: "required" }),
    ]) {
      const { tokens, exact } = await backend.countTokens(counted, never);
      const deltas = await readTurn(backend, { ...counted, maxOutputTokens: 16 });
      const usage = deltas.find((delta) => delta.kind === "usage");
      expect([tokens, exact]).toEqual([usage?.kind === "usage" && usage.usage.input_tokens, true]);
    }
  });

  test("counts the same in its older way, by template and tokenizer", async () => {
    const upstream = new Upstream({
      name: "llama",
      url: server.url,
      key: "sk-parrot",
      timeouts: defaultTimeouts,
    });
    const request = toChatRequest(turn(history, { tools: [weather] }), commonDialect);
    const counts = tokenCounters.map((counter) =>
      counter.count(request, (question) =>
        askServer(upstream, { method: "POST", ...question, limit: 5_000, signal: never }),
      ),
    );
    const [newer, vllm, older] = await Promise.all(counts);
    await upstream.close();
    expect(newer).toMatchObject({ exact: true, tokens: expect.any(Number) });
    expect(older).toEqual(newer);
    // Its own /tokenize takes no messages, and is not taken for vLLM's.
    expect(vllm).toMatchObject({ status: 200 });
  });

  test("counts a context that is far too long, and tells what would fit", async () => {
    const { tokens } = await backend.countTokens(turn([user("word ".repeat(5_000))]), never);
    expect(tokens).toBeGreaterThan(5_000);
    expect(await backend.contextWindow(server.model, never)).toBe(2048);
    expect(await backend.contextWindow("any-other-name", never)).toBe(2048);
  });

  test("tells what would fit at its settings, too", async () => {
    const props = await fetch(server.url.replace("/v1", "/props"), {
      headers: { authorization: "Bearer sk-parrot" },
    });
    expect(fromProps(await props.json())).toMatchObject({ contextWindow: 2048 });
  });

  test("says that a key is wrong in words that are understood", async () => {
    const wrong = openChatBackend({ name: "llama", url: server.url, key: "sk-wrong" });
    await expect(wrong.listModels(never)).rejects.toMatchObject({
      status: 500,
      code: "upstream_auth",
    });
    await wrong.close();
  });

  test("lists its model", async () => {
    expect(await backend.listModels(never)).toMatchObject([{ id: server.model, object: "model" }]);
  });
});
