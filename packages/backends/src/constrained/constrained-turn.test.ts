import type { ConstrainedInput, ModelDelta, ModelTurn, TextConstraint } from "@gateway/engine";
import type { Item } from "@gateway/protocol";
import {
  contentChunk,
  cut,
  done,
  errorAnswer,
  finishChunk,
  hang,
  json,
  reasoningThenText,
  roleChunk,
  type ScriptedBackend,
  type ScriptSource,
  startScriptedBackend,
  text,
  toolCalls,
} from "@gateway/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ChatBackend, type ChatBackendOptions, openChatBackend } from "../chat-completions/backend.ts";
import { FailoverBackend } from "../failover-backend.ts";

let server: ScriptedBackend;
const opened: (() => Promise<unknown>)[] = [];
const never = new AbortController().signal;

beforeEach(async () => {
  server = await startScriptedBackend();
});

afterEach(async () => {
  for (const close of opened.splice(0)) await close();
  await server.stop();
});

function open(options: Partial<ChatBackendOptions> = {}): ChatBackend {
  const backend = openChatBackend({ name: "b", url: server.url, retry: { attempts: 1 }, ...options });
  opened.push(() => backend.close());
  return backend;
}

/** Makes the server say whose it is, and for llama.cpp how its model's chats are written. */
function be(owned_by: string, chat_template?: string): void {
  server.setModelsScript(json({ object: "list", data: [{ id: "m", object: "model", owned_by }] }));
  if (chat_template !== undefined) server.byPath("/props", json({ chat_template }));
}

const gbnf = 'root ::= "a"+';
const constraint: TextConstraint = { gbnf, exact: true, mayBegin: (start) => start.startsWith("a") };
const input: ConstrainedInput = { tool: "note", constraint: () => constraint };

const turn: ModelTurn = {
  request: { model: "public", parallel_tool_calls: true, text: { format: { type: "json_object" } } },
  model: "m",
  instructions: "Be kind.",
  items: [{ type: "message", id: "msg_1", role: "user", content: "Go" }],
  tools: [{ type: "function", name: "note", parameters: { type: "object" } }],
  places: new Map(),
  toolChoice: { name: "note", input },
  maxOutputTokens: 9,
};
const again: ModelTurn = { ...turn, toolChoice: "auto", again: input };

async function ask(asked: ModelTurn, backend: ChatBackend | FailoverBackend = open()): Promise<ModelDelta[]> {
  const all: ModelDelta[] = [];
  for await (const batch of await backend.open(asked, never)) all.push(...batch);
  return all;
}

const call = (exact: boolean) => ({
  kind: "call",
  key: -1,
  callId: expect.stringMatching(/^call_/),
  name: "note",
  constrained: { exact },
});
const args = (...pieces: string[]) => pieces.map((piece) => ({ kind: "arguments", key: -1, text: piece }));

describe("a call whose input has a grammar", () => {
  test("is asked of vLLM as nothing but its input, and comes as a call while it is written", async () => {
    be("vllm");
    server.enqueue(roleChunk(), contentChunk('a"'), contentChunk("\n"), finishChunk("stop"), done());
    expect(await ask(turn)).toEqual([
      call(true),
      ...args('{"input":"', 'a\\"', "\\n", '"}'),
      { kind: "finish", reason: "tool_calls" },
    ]);
    const { body } = server.requests[0] ?? {};
    expect(body).toMatchObject({
      tool_choice: "none",
      structured_outputs: { grammar: gbnf },
      max_tokens: 9,
      tools: [{ function: { name: "note" } }],
    });
    for (const field of ["grammar", "chat_template_kwargs", "parallel_tool_calls", "response_format"])
      expect(body).not.toHaveProperty(field);
    expect(body?.messages?.map(({ role }) => role)).toEqual(["system", "user"]);
    expect(body?.messages?.at(-1)?.content).toMatch(/^Go\n\nAnswer with the input of the tool "note"/);
  });

  test("leaves vLLM's model its thoughts", async () => {
    be("vllm");
    server.enqueue(reasoningThenText("Hm.", "aa"));
    const deltas = await ask(turn);
    expect(deltas[0]).toMatchObject({ kind: "reasoning" });
    expect(deltas.filter(({ kind }) => kind === "call")).toEqual([call(true)]);
  });

  test("is asked of llama.cpp in its own words", async () => {
    be("llamacpp", "{{ messages }}");
    server.enqueue(text("aa"));
    expect(await ask(turn)).toContainEqual(call(true));
    expect(server.requests[0]?.body).toMatchObject({ tool_choice: "none", grammar: gbnf });
    expect(server.requests[0]?.body).not.toHaveProperty("structured_outputs");
  });

  test("that the limit cuts is left open", async () => {
    be("vllm");
    server.enqueue(roleChunk(), contentChunk("aa"), contentChunk("a"), finishChunk("length"), done());
    expect((await ask(turn)).slice(-2)).toMatchObject([
      { kind: "arguments", text: expect.stringMatching(/a$/) },
      { kind: "finish", reason: "length" },
    ]);
  });

  test("which does not begin as it has to comes from a server that ignores the grammar: it is to be checked", async () => {
    be("vllm");
    server.enqueue(text("Sure!"));
    server.enqueue(text(""));
    expect(await ask(turn)).toContainEqual(call(false));
    const empty = await ask(turn);
    expect(empty.filter(({ kind }) => kind !== "usage")).toEqual([
      call(false),
      ...args('{"input":"', '"}'),
      { kind: "finish", reason: "tool_calls" },
    ]);
  });

  test("keeps a fault of the stream for what it is", async () => {
    be("vllm");
    server.enqueue(roleChunk(), contentChunk("a"), cut());
    await expect(ask(turn)).rejects.toMatchObject({ code: "upstream_cut" });
  });
});

describe("is asked in the usual way", () => {
  const usual = toolCalls([{ name: "note", arguments: '{"input":"aa"}' }]);
  const refuses: ScriptSource = ({ body }) =>
    "structured_outputs" in body ? errorAnswer(400, { message: "Invalid grammar specification." }) : usual;

  test.each([
    ["of a server that is not known", () => be("library"), {}, turn],
    ["of one that lists no models", () => server.setModelsScript(errorAnswer(500)), {}, turn],
    ["where that is configured", () => be("vllm"), { grammar: "none" }, turn],
    ["of llama.cpp that tells no template", () => be("llamacpp"), {}, again],
    ["of llama.cpp with a model that always thinks", () => be("llamacpp", "<think>\n"), {}, again],
    [
      "of llama.cpp first, with a model that may think",
      () => be("llamacpp", "{% if enable_thinking %}"),
      {},
      turn,
    ],
    ["without a grammar", () => be("vllm"), {}, { ...turn, toolChoice: { name: "note" } }],
    [
      "where the grammar cannot be said",
      () => be("vllm"),
      {},
      { ...turn, toolChoice: { name: "note", input: { tool: "note", constraint: () => undefined } } },
    ],
  ] satisfies [string, () => void, Partial<ChatBackendOptions>, ModelTurn][])(
    "%s",
    async (_name, prepare, options, asked) => {
      prepare();
      server.enqueue(usual);
      expect(await ask(asked, open(options))).toContainEqual(
        expect.objectContaining({ kind: "call", name: "note" }),
      );
      const { body } = server.requests[0] ?? {};
      expect(body?.tool_choice).not.toBe("none");
      expect(JSON.stringify(body)).not.toContain("root ::=");
    },
  );

  test("where the server refuses the grammar", async () => {
    be("vllm");
    server.setDefault(refuses);
    expect(await ask(turn)).toContainEqual(expect.objectContaining({ kind: "call", name: "note" }));
    expect(server.requests.map(({ body }) => body.tool_choice)).toEqual(["none", "required"]);
  });
});

test("a call that could not be used is asked for again as its input alone, at the end of what was said of it", async () => {
  be("vllm");
  server.enqueue(text("aa"));
  const history: Item[] = [
    ...again.items,
    { type: "function_call", id: "fc_1", call_id: "c", name: "note", arguments: '{"input":"b"}' },
    { type: "function_call_output", id: "fco_1", call_id: "c", output: "Not carried out." },
  ];
  expect(await ask({ ...again, items: history })).toContainEqual(call(true));
  const { messages } = server.requests[0]?.body ?? {};
  expect(messages?.map(({ role }) => role)).toEqual(["system", "user", "assistant", "tool"]);
  expect(messages?.at(-1)?.content).toMatch(/^Not carried out\.\n\nAnswer with the input/);
});

test("a remark follows pictures as a part, and an answer as a message", async () => {
  be("vllm");
  server.enqueue(text("a"));
  server.enqueue(text("a"));
  const picture = {
    type: "input_image" as const,
    image_url: "data:image/png;base64,AA==",
    detail: "auto" as const,
  };
  await ask({ ...turn, items: [{ type: "message", id: "m", role: "user", content: [picture] }] });
  expect(server.requests[0]?.body.messages?.at(-1)?.content).toMatchObject([
    { type: "image_url" },
    { type: "text", text: expect.stringContaining("Answer with the input") },
  ]);
  const said: Item = {
    type: "message",
    id: "m2",
    role: "assistant",
    content: [{ type: "output_text", text: "Well.", annotations: [], logprobs: [] }],
    status: "completed",
  };
  await ask({ ...turn, items: [...turn.items, said] });
  expect(server.requests[1]?.body.messages?.map(({ role }) => role)).toEqual([
    "system",
    "user",
    "assistant",
    "user",
  ]);
});

describe("a model of llama.cpp that can do without thinking", () => {
  test("is told to when it is asked again, since the grammar would apply to its thoughts", async () => {
    be("llamacpp", "{% if enable_thinking %}<think>{% endif %}");
    server.enqueue(text("aa"));
    await ask(again);
    expect(server.requests[0]?.body).toMatchObject({
      grammar: gbnf,
      chat_template_kwargs: { enable_thinking: false },
    });
  });

  test("and at once where the caller wants no thoughts", async () => {
    be("llamacpp", "{% if enable_thinking %}<think>{% endif %}");
    server.enqueue(text("aa"));
    await ask({ ...turn, request: { ...turn.request, reasoning: { effort: "none" } } });
    expect(server.requests[0]?.body).toMatchObject({ chat_template_kwargs: { enable_thinking: false } });
  });
});

test("a configuration has the last word", async () => {
  be("library", "<think>");
  server.enqueue(text("aa"));
  server.enqueue(text("aa"));
  await ask(turn, open({ grammar: "gbnf" }));
  await ask(turn, open({ grammar: "structured_outputs" }));
  expect(server.requests.map(({ body }) => [body.grammar, body.structured_outputs])).toEqual([
    [gbnf, undefined],
    [undefined, { grammar: gbnf }],
  ]);
});

test("of several servers, the one that gets the turn is asked as it can be", async () => {
  be("vllm");
  await using other = await startScriptedBackend();
  const first = open({ url: other.url, name: "other" });
  other.enqueue(errorAnswer(503));
  server.enqueue(text("aa"));
  expect(await ask(turn, new FailoverBackend([first, open()]))).toContainEqual(call(true));
  expect(other.requests[0]?.body).toMatchObject({ tool_choice: "required" });
  expect(server.requests[0]?.body).toMatchObject({ structured_outputs: { grammar: gbnf } });
});

test("a call that nobody reads is ended at the server", async () => {
  be("vllm");
  server.enqueue(roleChunk(), contentChunk("a"), hang());
  const stream = (await open().open(turn, never))[Symbol.asyncIterator]();
  await stream.return?.();
  await server.requests[0]?.whenAborted;
  expect(server.requests[0]?.aborted).toBe(true);
});
