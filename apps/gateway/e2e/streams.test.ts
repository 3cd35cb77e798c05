import type { OutputItem, ResponseObject } from "@gateway/protocol";
import {
  contentChunk,
  cut,
  deltaChunk,
  done,
  errorChunk,
  finishChunk,
  gate,
  llamaCppStyle,
  ollamaStyle,
  raw,
  readSse,
  reasoningThenText,
  refusalChunk,
  roleChunk,
  type Script,
  text,
  toolCallChunk,
  toolCalls,
  usageChunk,
  vllmStyle,
} from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, doorNames, startDoors } from "./doors.ts";
import { post } from "./post.ts";
import { checkFrames, postStream } from "./read-stream.ts";

const ask = { model: "scripted", input: "hi" };
const tools = ["get_weather", "search"].map((name) => ({
  type: "function",
  name,
  parameters: { type: "object" },
}));
const weather = { name: "get_weather", arguments: { city: "Paris" } };
const search = { name: "search", arguments: { query: "tea" } };

interface Answer {
  name: string;
  backend: Script;
  request?: Record<string, unknown>;
  status?: ResponseObject["status"];
  output: unknown[];
  usage?: [input: number, output: number];
}

const message = (words: string, status = "completed") => ({
  type: "message",
  status,
  role: "assistant",
  content: [{ type: "output_text", text: words, annotations: [], logprobs: [] }],
});
const reasoning = (words: string, summary: unknown[] = [], status = "completed") => ({
  type: "reasoning",
  status,
  summary,
  content: [{ type: "reasoning_text", text: words }],
});
const called = ({ name, arguments: args }: typeof weather | typeof search) => ({
  type: "function_call",
  status: "completed",
  name,
  arguments: JSON.stringify(args),
  call_id: expect.stringMatching(/./),
});

const answers: Answer[] = [
  { name: "text", backend: text("Hello big world"), output: [message("Hello big world")], usage: [10, 3] },
  { name: "nothing at all", backend: text(""), output: [] },
  {
    name: "unusual characters",
    backend: text('é\u2028"\\\n😀 \u0000 end'),
    output: [message('é\u2028"\\\n😀 \u0000 end')],
  },
  {
    name: "a frame split inside a character",
    backend: [
      raw(Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"é').subarray(0, -1)),
      raw(Buffer.from([0xa9])),
      raw('"}}]}\n\n'),
      finishChunk("stop"),
      done(),
    ],
    output: [message("é")],
  },
  {
    name: "reasoning, then text",
    backend: reasoningThenText("Let me see", "It is"),
    output: [reasoning("Let me see"), message("It is")],
  },
  {
    name: "reasoning with a summary",
    backend: reasoningThenText("Let me see", "It is"),
    request: { reasoning: { summary: "auto" } },
    output: [reasoning("Let me see", [{ type: "summary_text", text: "Let me see" }]), message("It is")],
  },
  {
    name: "a <think> prefix",
    backend: text("<think>Hmm, so</think>It is"),
    output: [reasoning("Hmm, so"), message("It is")],
  },
  {
    name: "a refusal",
    backend: [roleChunk(), refusalChunk("I will"), refusalChunk(" not."), finishChunk("stop"), done()],
    output: [{ ...message(""), content: [{ type: "refusal", refusal: "I will not." }] }],
  },
  { name: "a function call", backend: toolCalls([weather]), request: { tools }, output: [called(weather)] },
  {
    name: "text and parallel calls",
    backend: toolCalls([weather, search], { text: "One moment" }),
    request: { tools },
    output: [message("One moment"), called(weather), called(search)],
  },
  {
    name: "only the first of two calls where parallel calls are off",
    backend: toolCalls([weather, search]),
    request: { tools, parallel_tool_calls: false },
    output: [called(weather)],
  },
  {
    name: "no call of a tool that is not allowed",
    backend: toolCalls([weather, search]),
    request: {
      tools,
      tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "search" }] },
    },
    output: [called(search)],
  },
  {
    name: "Ollama's style",
    backend: ollamaStyle({ reasoning: "Well then", text: "So it is", toolCalls: [weather, search] }),
    request: { tools },
    output: [reasoning("Well then"), message("So it is"), called(weather), called(search)],
  },
  {
    name: "Ollama's style with one index for all calls",
    backend: ollamaStyle({ toolCalls: [weather, search], sameIndex: true }),
    request: { tools },
    output: [called(weather), called(search)],
  },
  {
    name: "llama.cpp's style",
    backend: llamaCppStyle({ reasoning: "Well then", toolCalls: [weather, search] }),
    request: { tools },
    output: [reasoning("Well then"), called(weather), called(search)],
  },
  {
    name: "vLLM's style",
    backend: vllmStyle({ reasoning: "Well then", text: "So it is", toolCalls: [] }),
    output: [reasoning("Well then"), message("So it is")],
  },
  {
    name: "vLLM's calls",
    backend: vllmStyle({ toolCalls: [weather, search] }),
    request: { tools },
    output: [called(weather), called(search)],
  },
  {
    name: "a call without arguments",
    backend: [
      roleChunk(),
      toolCallChunk({ index: 0, id: "c", name: "search" }),
      finishChunk("tool_calls"),
      done(),
    ],
    request: { tools },
    output: [{ ...called(search), arguments: "{}" }],
  },
  {
    name: "an answer cut by its length",
    backend: text("Hello big", { finish: "length" }),
    status: "incomplete",
    output: [message("Hello big", "incomplete")],
  },
  {
    name: "an answer cut by a filter",
    backend: text("Hello", { finish: "content_filter" }),
    status: "incomplete",
    output: [message("Hello", "incomplete")],
  },
  {
    name: "a connection cut after a token",
    backend: [roleChunk(), contentChunk("Hel"), cut()],
    status: "failed",
    output: [message("Hel", "incomplete")],
  },
  {
    name: "a connection cut inside a call",
    backend: [roleChunk(), toolCallChunk({ index: 0, id: "c", name: "search", arguments: '{"qu' }), cut()],
    request: { tools },
    status: "failed",
    output: [{ ...called(search), status: "incomplete", arguments: '{"qu' }],
  },
  {
    name: "a connection cut inside reasoning",
    backend: [roleChunk(), deltaChunk({ reasoning_content: "Hm" }), cut()],
    status: "failed",
    output: [reasoning("Hm", [], "incomplete")],
  },
  {
    name: "an error chunk",
    backend: [roleChunk(), contentChunk("Hel"), errorChunk("boom")],
    status: "failed",
    output: [message("Hel", "incomplete")],
  },
  {
    name: "silence after a token",
    backend: [roleChunk(), contentChunk("Hel"), gate()],
    status: "failed",
    output: [message("Hel", "incomplete")],
  },
  {
    name: "usage with details",
    backend: [
      roleChunk(),
      contentChunk("ok"),
      finishChunk("stop"),
      usageChunk({ prompt: 7, completion: 5, cached: 3, reasoning: 2 }),
      done(),
    ],
    output: [message("ok")],
    usage: [7, 5],
  },
];

describe.for(doorNames)("a stream through %s", (door) => {
  let doors: Doors;
  beforeAll(async () => {
    doors = await startDoors();
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  test.for(answers)("carries $name and is legal for strict clients", async (answer) => {
    doors.backend.setDefault(answer.backend);
    const { final, accumulated, events } = await postStream(doors.url(door), { ...ask, ...answer.request });
    const status = answer.status ?? "completed";
    expect(final.status).toBe(status);
    expect(events.at(-1)?.type).toBe(`response.${status}`);
    expect(withoutIds(final.output)).toEqual(answer.output);
    expect(accumulated.output).toMatchObject(final.output);
    if (answer.usage) {
      const [input, output] = answer.usage;
      expect(final.usage).toMatchObject({
        input_tokens: input,
        output_tokens: output,
        total_tokens: input + output,
      });
    }
    if (status === "failed")
      expect(final.error).toMatchObject({ code: expect.any(String), message: expect.any(String) });

    // One object: what the stream announced is what is stored, at once.
    const stored = await fetch(`${doors.url(door)}/v1/responses/${final.id}`);
    expect(await stored.json()).toEqual(final);

    // And the same answer without a stream.
    if (status === "failed") return;
    doors.backend.setDefault(answer.backend);
    const plain = await post(doors.url(door), { ...ask, ...answer.request });
    const body = (await plain.json()) as ResponseObject;
    expect(plain.status).toBe(200);
    expect(body).toMatchObject({ status, usage: final.usage, incomplete_details: final.incomplete_details });
    expect(withoutIds(body.output)).toEqual(answer.output);
  });

  test("brings each token when it is ready, before the backend has the next", async () => {
    const [second, last] = [gate(), gate()];
    doors.backend.setDefault([
      roleChunk(),
      contentChunk("one"),
      second,
      contentChunk(" two"),
      last,
      finishChunk("stop"),
      done(),
    ]);
    const response = await post(doors.url(door), { ...ask, stream: true });
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(response.headers.get("x-accel-buffering")).toBe("no");
    expect(response.headers.get("cache-control")).toBe("no-cache");
    const frames = [];
    for await (const frame of readSse(response)) {
      frames.push(frame);
      if (frame.event !== "response.output_text.delta") continue;
      // The backend stands at its gate: only this token can have made the event.
      const { delta } = JSON.parse(frame.data) as { delta: string };
      if (delta === "one") second.open();
      if (delta === " two") last.open();
    }
    await checkFrames(frames);
  });

  test("opens before the first token", async () => {
    const first = gate();
    doors.backend.setDefault([roleChunk(), first, contentChunk("late"), finishChunk("stop"), done()]);
    const response = await post(doors.url(door), { ...ask, stream: true });
    const frames = [];
    for await (const frame of readSse(response)) {
      frames.push(frame);
      if (frame.event === "response.in_progress") {
        const id = (JSON.parse(frame.data) as { response: { id: string } }).response.id;
        const running = await fetch(`${doors.url(door)}/v1/responses/${id}`);
        expect(await running.json()).toMatchObject({ id, status: "in_progress", output: [] });
        first.open();
      }
    }
    await checkFrames(frames);
  });

  test("sends comments while the model is silent", async () => {
    const pause = gate();
    doors.backend.setDefault([roleChunk(), contentChunk("so"), pause, finishChunk("stop"), done()]);
    const response = await post(doors.url(door), { ...ask, stream: true });
    let pings = 0;
    for await (const frame of readSse(response, { comments: true })) {
      if (frame.raw.startsWith(":") && ++pings === 2) pause.open();
    }
    expect(pings).toBeGreaterThanOrEqual(2);
  });

  test("hides the length of tokens, unless asked not to", async () => {
    doors.backend.setDefault(text("a bb ccc dddd"));
    const padded = await postStream(doors.url(door), ask);
    const deltas = padded.frames.filter(({ event }) => event?.endsWith(".delta"));
    const sizes = new Set(deltas.map(({ data }) => Buffer.byteLength(data)));
    expect(deltas).toHaveLength(4);
    expect(deltas.every(({ data }) => data.includes('"obfuscation":"'))).toBe(true);
    expect(sizes.size).toBe(1);
    const bare = await postStream(doors.url(door), {
      ...ask,
      stream_options: { include_obfuscation: false },
    });
    expect(bare.frames.some(({ data }) => data.includes("obfuscation"))).toBe(false);
  });

  test("carries log probabilities where they are asked for", async () => {
    const logprob = {
      token: "yes",
      logprob: -0.1,
      bytes: [121],
      top_logprobs: [{ token: "no", logprob: -2, bytes: null }],
    };
    doors.backend.setDefault([roleChunk(), contentChunk("yes", [logprob]), finishChunk("stop"), done()]);
    const { final } = await postStream(doors.url(door), {
      ...ask,
      include: ["message.output_text.logprobs"],
      top_logprobs: 1,
    });
    expect(final.output).toMatchObject([{ content: [{ logprobs: [{ token: "yes", logprob: -0.1 }] }] }]);
    expect(doors.backend.requests.at(-1)?.body).toMatchObject({ logprobs: true, top_logprobs: 1 });
  });
});

function withoutIds(output: readonly OutputItem[]): unknown[] {
  return output.map(({ id, ...rest }) => {
    expect(id).toMatch(/^(msg|rs|fc)_[0-9a-f]{36}$/);
    return rest;
  });
}
