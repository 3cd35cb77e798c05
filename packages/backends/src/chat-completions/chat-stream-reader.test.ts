import { readFileSync } from "node:fs";
import type { ModelDelta } from "@gateway/engine";
import { ApiError, internal, type Usage } from "@gateway/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ChatStreamReader, longestEvent } from "./chat-stream-reader.ts";
import { fromErrorChunk } from "./from-chat-error.ts";

const styles = ["ollama", "llama-cpp", "vllm", "openai", "deepseek"] as const;

/** The lines of a recorded stream, each the data of one event. */
function linesOf(style: string): string[] {
  return readFileSync(new URL(`fixtures/${style}.chunks.txt`, import.meta.url), "utf8")
    .trim()
    .split("\n");
}

function toSse(lines: readonly string[]): string {
  return lines.map((line) => `data: ${line}\n\n`).join("");
}

interface Read {
  deltas: ModelDelta[];
  failure: ApiError | undefined;
  done: boolean;
}

function read(pieces: readonly (string | Uint8Array)[], thinkTags = true): Read {
  const reader = new ChatStreamReader({
    backend: "b",
    thinkTags,
    knownCallIds: () => [],
    toError: (error) => fromErrorChunk(error, { backend: "b", model: "m", secret: undefined }),
  });
  const deltas = pieces.flatMap((piece) => reader.push(Buffer.from(piece)));
  deltas.push(...reader.end());
  return { deltas, failure: reader.failure, done: reader.done };
}

const textOf = (deltas: readonly ModelDelta[], kind: "text" | "reasoning" = "text") =>
  deltas.map((delta) => (delta.kind === kind ? delta.text : "")).join("");
const usage = (input: number, output: number, cached = 0, reasoning = 0): Usage => ({
  input_tokens: input,
  input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
  output_tokens: output,
  output_tokens_details: { reasoning_tokens: reasoning },
  total_tokens: input + output,
});
const chunk = (delta: object, finish: string | null = null, rest: object = {}) =>
  JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish, ...rest }] });
const stop = chunk({}, "stop");

describe("recorded streams", () => {
  test("of Ollama: the role in every chunk, calls whole", () => {
    const { deltas } = read([toSse(linesOf("ollama"))]);
    expect(textOf(deltas, "reasoning")).toBe("The user wants both.");
    expect(textOf(deltas)).toBe("Let me look.\n");
    expect(deltas.slice(5)).toEqual([
      { kind: "call", key: 0, callId: "call_q1w2e3r4", name: "get_weather" },
      { kind: "arguments", key: 0, text: '{"city":"Oslo"}' },
      { kind: "call", key: 1, callId: "call_t5y6u7i8", name: "get_time" },
      { kind: "arguments", key: 1, text: '{"zone":"CET"}' },
      { kind: "usage", usage: usage(171, 52) },
      { kind: "finish", reason: "tool_calls" },
    ]);
  });

  test("of llama.cpp: content null, arguments token by token, cached tokens", () => {
    expect(read([toSse(linesOf("llama-cpp"))]).deltas).toEqual([
      { kind: "reasoning", text: "Simple" },
      { kind: "reasoning", text: " sum." },
      { kind: "call", key: 0, callId: "h7Jk29dLmQpR5tXwZbNcV1sYgF3aE8uD", name: "add" },
      { kind: "arguments", key: 0, text: "{" },
      { kind: "arguments", key: 0, text: '"a":' },
      { kind: "arguments", key: 0, text: "2}" },
      { kind: "usage", usage: usage(88, 21, 64) },
      { kind: "finish", reason: "tool_calls" },
    ]);
  });

  test("of vLLM: reasoning under two keys once, log probabilities, text with the finish reason", () => {
    const { deltas } = read([toSse(linesOf("vllm"))]);
    expect(textOf(deltas, "reasoning")).toBe("Easy.");
    expect(textOf(deltas)).toBe("The sum is 4.");
    expect(deltas[1]).toEqual({
      kind: "text",
      text: "The",
      logprobs: [
        {
          token: "The",
          logprob: -0.25,
          bytes: [84, 104, 101],
          top_logprobs: [
            { token: "The", logprob: -0.25, bytes: [84, 104, 101] },
            { token: "A", logprob: -2.5, bytes: [65] },
          ],
        },
      ],
    });
    expect(deltas.slice(-2)).toEqual([
      { kind: "usage", usage: usage(16, 6) },
      { kind: "finish", reason: "length" },
    ]);
  });

  test("of OpenAI: padding, annotations, the service tier, two calls in pieces", () => {
    const { deltas } = read([toSse(linesOf("openai"))]);
    expect(textOf(deltas)).toBe("See “naïve” café ☕");
    expect(deltas.slice(2)).toEqual([
      {
        kind: "annotation",
        annotation: {
          type: "url_citation",
          url: "https://example.com/",
          title: "Example",
          start_index: 0,
          end_index: 3,
        },
      },
      { kind: "call", key: 0, callId: "call_Ab1", name: "ping" },
      { kind: "arguments", key: 0, text: "{}" },
      { kind: "call", key: 1, callId: "call_Ab2", name: "ping" },
      { kind: "arguments", key: 1, text: "{}" },
      { kind: "usage", usage: usage(120, 40, 0, 24), serviceTier: "default" },
      { kind: "finish", reason: "tool_calls" },
    ]);
  });

  test("of DeepSeek: thoughts first, counts with the finish reason", () => {
    const { deltas } = read([toSse(linesOf("deepseek"))]);
    expect(textOf(deltas, "reasoning")).toBe("Nine is larger.");
    expect(textOf(deltas)).toBe("9.11 < 9.8");
    expect(deltas.slice(-2)).toEqual([
      { kind: "usage", usage: usage(20, 30, 0, 22) },
      { kind: "finish", reason: "stop" },
    ]);
  });

  test.each(styles)(
    "of %s: any cut of the bytes, any line end and any padding gives the same deltas",
    (style) => {
      const lines = linesOf(style);
      const whole = read([toSse(lines)]);
      const ends = fc.constantFrom("\n", "\r\n", "\r");
      const field = fc.constantFrom("data: ", "data:");
      const noise = fc.constantFrom("", ": ping", "event: message", "id: 7", "retry: 10");
      const bom = fc.constantFrom("", "\uFEFF");
      fc.assert(
        fc.property(
          ends,
          field,
          noise,
          bom,
          fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }),
          (end, data, extra, mark, cuts) => {
            const padding = extra === "" ? "" : `${extra}${end}`;
            const bytes = Buffer.from(
              mark + lines.map((line) => `${padding}${data}${line}${end}${end}`).join(""),
            );
            const places = [
              0,
              ...cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b),
              bytes.length,
            ];
            const pieces = places.slice(1).map((place, index) => bytes.subarray(places[index], place));
            expect(read(pieces)).toEqual(whole);
          },
        ),
        { numRuns: 200 },
      );
    },
  );

  test.each(styles)("of %s: cut before its finish reason it is broken, behind it it is whole", (style) => {
    const lines = linesOf(style);
    const finish = lines.findIndex((line) => /"finish_reason":"/.test(line));
    expect(read([toSse(lines.slice(0, finish))]).failure).toMatchObject({
      status: 500,
      code: "upstream_cut",
    });
    const whole = read([toSse(lines.slice(0, finish + 1))]);
    expect(whole.failure).toBeUndefined();
    expect(whole.deltas.at(-1)).toMatchObject({ kind: "finish" });
  });
});

describe("text", () => {
  test("is read the same whether its chunk has to be parsed or not", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ unit: "binary" }),
            fc.constantFrom('"', "\\", "\n", "é", '"content":"', "plain"),
          ),
        ),
        (tokens) => {
          const lines = [...tokens.map((content) => chunk({ content })), stop];
          expect(textOf(read([toSse(lines)], false).deltas)).toBe(tokens.join(""));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("that opens with think tags is split into thought and text", () => {
    const lines = ["<th", "ink>\nwh", "y</thi", "nk>\n\n", "Because"].map((content) => chunk({ content }));
    const { deltas } = read([toSse([...lines, stop])]);
    expect(textOf(deltas, "reasoning")).toBe("why");
    expect(textOf(deltas)).toBe("Because");
  });

  test("with think tags stays as it is where that is wanted", () => {
    expect(textOf(read([toSse([chunk({ content: "<think>a</think>b" }), stop])], false).deltas)).toBe(
      "<think>a</think>b",
    );
  });

  test("that is held back comes out before a call", () => {
    const tool_calls = [{ index: 0, id: "c", function: { name: "f", arguments: "{}" } }];
    const { deltas } = read([toSse([chunk({ content: "<thi" }), chunk({ tool_calls }), stop])]);
    expect(deltas.map(({ kind }) => kind)).toEqual(["text", "call", "arguments", "finish"]);
  });

  test("in parts is read, thoughts and text", () => {
    const content = [
      { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
      { type: "text", text: "yes" },
    ];
    const { deltas } = read([toSse([chunk({ content }), stop])]);
    expect(deltas.slice(0, 2)).toEqual([
      { kind: "reasoning", text: "hm" },
      { kind: "text", text: "yes" },
    ]);
  });

  test("of another choice is not ours", () => {
    const other = JSON.stringify({ choices: [{ index: 1, delta: { content: "no" }, finish_reason: null }] });
    expect(textOf(read([toSse([chunk({ content: "yes" }), other, stop])]).deltas)).toBe("yes");
  });

  test("gets the log probabilities of tokens that had no text of their own", () => {
    const token = (name: string) => ({ logprobs: { content: [{ token: name, logprob: -1, bytes: [1] }] } });
    const { deltas } = read([
      toSse([chunk({ content: "" }, null, token("a")), chunk({ content: "é" }, null, token("b")), stop]),
    ]);
    expect(deltas[0]).toMatchObject({ kind: "text", text: "é", logprobs: [{ token: "a" }, { token: "b" }] });
  });
});

describe("the rest of an answer", () => {
  test("a refusal is its own kind", () => {
    expect(
      read([toSse([chunk({ refusal: "I " }), chunk({ refusal: "won't" }), stop])]).deltas.slice(0, 2),
    ).toEqual([
      { kind: "refusal", text: "I " },
      { kind: "refusal", text: "won't" },
    ]);
  });

  test("a function_call of old is a call", () => {
    const lines = [
      chunk({ function_call: { name: "f", arguments: "" } }),
      chunk({ function_call: { arguments: "{}" } }),
      chunk({}, "function_call"),
    ];
    expect(read([toSse(lines)]).deltas).toEqual([
      { kind: "call", key: 0, callId: expect.stringMatching(/^call_/), name: "f" },
      { kind: "arguments", key: 0, text: "{}" },
      { kind: "finish", reason: "tool_calls" },
    ]);
  });

  test.each([
    ["stop", "stop"],
    ["eos_token", "stop"],
    ["length", "length"],
    ["max_tokens", "length"],
    ["content_filter", "content_filter"],
    ["tool_calls", "tool_calls"],
  ])("finish reason %s is %s", (given, reason) => {
    expect(read([toSse([chunk({ content: "x" }, given)])]).deltas.at(-1)).toEqual({ kind: "finish", reason });
  });

  test("a stop behind a call is one for the call", () => {
    const tool_calls = [{ index: 0, id: "c", function: { name: "f", arguments: "{}" } }];
    expect(read([toSse([chunk({ tool_calls }), stop])]).deltas.at(-1)).toEqual({
      kind: "finish",
      reason: "tool_calls",
    });
  });

  test("a server that gave up is an error", () => {
    const { deltas, failure } = read([toSse([chunk({ content: "x" }), chunk({}, "abort")])]);
    expect(textOf(deltas)).toBe("x");
    expect(failure).toMatchObject({ status: 500, code: "upstream_error" });
  });

  test("counts that come in every chunk are counted once, the last ones", () => {
    const counted = (n: number) =>
      JSON.stringify({
        choices: [{ index: 0, delta: { content: "x" } }],
        usage: { prompt_tokens: 5, completion_tokens: n },
      });
    const { deltas } = read([toSse([counted(1), counted(2), stop])]);
    expect(deltas.filter(({ kind }) => kind === "usage")).toEqual([{ kind: "usage", usage: usage(5, 2) }]);
  });

  test("zeros that were sent stay, and what was not sent is zero", () => {
    const counts = JSON.stringify({
      choices: [],
      usage: {
        prompt_tokens: 0,
        completion_tokens: 0,
        total_tokens: 0,
        prompt_tokens_details: { cached_tokens: 0 },
      },
    });
    expect(read([toSse([stop, counts])]).deltas).toContainEqual({ kind: "usage", usage: usage(0, 0) });
  });

  test("an answer without counts has none", () => {
    expect(read([toSse([chunk({ content: "x" }), stop])]).deltas.map(({ kind }) => kind)).toEqual([
      "text",
      "finish",
    ]);
  });

  test("text behind the finish reason is not lost", () => {
    expect(
      textOf(read([toSse([chunk({ content: "a" }), stop, chunk({ content: "b" }), "[DONE]"])]).deltas),
    ).toBe("ab");
  });
});

describe("how a stream may end", () => {
  test("with an end mark but no finish reason it is whole", () => {
    expect(read([toSse([chunk({ content: "x" }), "[DONE]"])])).toMatchObject({
      done: true,
      failure: undefined,
    });
  });

  test("nothing behind the end mark counts", () => {
    expect(textOf(read([toSse([chunk({ content: "x" }), stop, "[DONE]", "garbage"])]).deltas)).toBe("x");
  });

  test("the empty line behind the last event may be missing", () => {
    expect(read([`data: ${chunk({ content: "x" }, "stop")}`]).failure).toBeUndefined();
  });

  test.each([
    ["without a byte", ""],
    ["with nothing but the end mark", "data: [DONE]\n\n"],
    ["inside a chunk", `data: ${chunk({ content: "x" })}\n\ndata: {"choices":[{"del`],
  ])("%s it was cut", (_, bytes) => {
    expect(read([bytes]).failure).toMatchObject({
      status: 500,
      code: "upstream_cut",
      message: expect.stringContaining("'b'"),
    });
  });

  test.each([
    ["an event that is no JSON", "data: hello\n\n"],
    ["an event that is no object", "data: 7\n\n"],
    ["lines that are no events", '{"message":{"content":"x"}}\n'],
    ["an event without end", `data: ${"x".repeat(longestEvent + 1)}`],
  ])("%s is garbage", (_, bytes) => {
    expect(read([bytes]).failure).toMatchObject({ status: 500, code: "upstream_garbage" });
  });

  test.each([
    ["no choice", '{"choices":[null]}'],
    ["no call", chunk({ tool_calls: [null] })],
    ["no thought", chunk({ content: [{ type: "thinking", thinking: [null] }] })],
    ["an error within errors without end", `${'{"error":'.repeat(20_000)}1${"}".repeat(20_000)}`],
  ])("a chunk with %s where one should be is garbage, and no fault of the gateway", (_, data) => {
    const { failure } = read([`data: ${data}\n\n`]);
    expect(failure).toMatchObject({ status: 500, code: "upstream_garbage" });
    expect(failure?.message).toContain("'b'");
    expect(failure?.cause).toBeInstanceOf(Error);
  });

  test("log probabilities may be as many as an event can hold", () => {
    const content = Array(150_000).fill({ token: "a", logprob: -1 });
    const { deltas, failure } = read([
      toSse([chunk({ content: "a" }, null, { logprobs: { content } }), stop, "[DONE]"]),
    ]);
    expect(failure).toBeUndefined();
    expect(deltas.find(({ kind }) => kind === "text")).toMatchObject({ logprobs: { length: 150_000 } });
  });

  test("what came before garbage is not lost", () => {
    const { deltas, failure } = read([`${toSse([chunk({ content: "x" })])}data: oops\n\n`]);
    expect(textOf(deltas)).toBe("x");
    expect(failure?.code).toBe("upstream_garbage");
  });

  test.each([
    [
      "an object with an integer code",
      '{"error":{"code":500,"message":"out of memory","type":"server_error"}}',
      500,
      "upstream_error",
    ],
    ["a plain text", '{"error":"model runner stopped"}', 500, "upstream_error"],
    ["the old form of vLLM", '{"object":"error","message":"bad","code":400}', 400, null],
    ["a limit", '{"error":{"code":429,"message":"slow down"}}', 429, "rate_limit_exceeded"],
    [
      "a prompt that is too long",
      '{"error":{"code":500,"message":"Context size has been exceeded."}}',
      400,
      "context_length_exceeded",
    ],
  ])("an error in the stream ends it: %s", (_, line, status, code) => {
    expect(read([toSse([chunk({ content: "x" }), line])]).failure).toMatchObject({ status, code });
  });

  test("an event named error is one", () => {
    expect(read(['event: error\ndata: {"message":"boom"}\n\n']).failure).toMatchObject({
      code: "upstream_error",
      message: expect.stringContaining("boom"),
    });
  });

  test("a fault of our own is told to nobody", () => {
    const reader = new ChatStreamReader({
      backend: "b",
      thinkTags: true,
      knownCallIds: () => {
        throw new Error("secret");
      },
      toError: () => internal("unused"),
    });
    reader.push(
      Buffer.from(toSse([chunk({ tool_calls: [{ index: 0, function: { name: "f", arguments: "{}" } }] })])),
    );
    expect(reader.failure).toBeInstanceOf(ApiError);
    expect(reader.failure?.message).not.toContain("secret");
  });
});
