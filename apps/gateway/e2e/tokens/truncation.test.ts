import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, oneDoor, startDoors } from "../doors.ts";
import { postStream } from "../read-stream.ts";
import { playCountingModel, words } from "./counting-model.ts";

const model = "scripted";
/** Twelve exchanges of forty tokens and a last question of ten. */
const input = [
  ...Array.from({ length: 12 }, (_, n) => [
    { role: "user" as const, content: words(19, `u${n}x`) },
    { role: "assistant" as const, content: words(19, `a${n}x`) },
  ]).flat(),
  { role: "user" as const, content: words(9, "last") },
];

describe.for(oneDoor)("truncation through %s", (door) => {
  let doors: Doors;
  let client: OpenAI;
  beforeAll(async () => {
    doors = await startDoors({
      models: { small: { backends: ["scripted"], as: "scripted", context_window: 256 } },
    });
    client = new OpenAI({ baseURL: `${doors.url(door)}/v1`, apiKey: "none", maxRetries: 0 });
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  /** The first word of each message that the model was shown last. */
  const shown = () =>
    (doors.backend.requests.at(-1)?.body.messages ?? []).map(({ content }) => String(content).split(" ")[0]);

  test("auto: what does not fit is left out, oldest first; the stored input is whole", async () => {
    playCountingModel(doors.backend, { window: 200 });
    const asked = doors.backend.requests.length;
    const response = await client.responses.create({
      model,
      instructions: "Be kind",
      input,
      truncation: "auto",
    });
    expect(response).toMatchObject({ status: "completed", truncation: "auto", output_text: "Yes" });
    expect(shown()).toEqual([
      "Be",
      "u8x0",
      "a8x0",
      "u9x0",
      "a9x0",
      "u10x0",
      "a10x0",
      "u11x0",
      "a11x0",
      "last0",
    ]);
    expect(doors.backend.requests).toHaveLength(asked + 1);
    const listed: string[] = [];
    for await (const item of client.responses.inputItems.list(response.id, { order: "asc" }))
      listed.push(item.id ?? "");
    expect(listed).toHaveLength(input.length);
    const lines = await doors.gateway.settledLogs();
    expect(lines.filter(({ msg }) => String(msg).startsWith("truncation:"))).toMatchObject([
      { msg: "truncation: 16 of 25 items were left out of the context" },
    ]);

    // The chain, too, is whole: with more room more of it is shown.
    playCountingModel(doors.backend, { window: 2_000 });
    await client.responses.create({ model, previous_response_id: response.id, input: "And now?" });
    expect(shown()).toHaveLength(input.length + 2);
  });

  test("auto: calls and their outputs stay together", async () => {
    playCountingModel(doors.backend, { window: 100 });
    const calls = Array.from({ length: 8 }, (_, n) => [
      { role: "user" as const, content: words(10) },
      { type: "function_call" as const, call_id: `c${n}`, name: "f", arguments: "{}" },
      { type: "function_call_output" as const, call_id: `c${n}`, output: words(20) },
    ]).flat();
    await client.responses.create({
      model,
      input: [...calls, { role: "user", content: "now" }],
      truncation: "auto",
    });
    const messages = doors.backend.requests.at(-1)?.body.messages ?? [];
    expect(messages.map(({ role }) => role)).toEqual([
      ...["user", "assistant", "tool"],
      ...["user", "assistant", "tool"],
      "user",
    ]);
    expect(messages[1]?.tool_calls?.[0]?.id).toBe(messages[2]?.tool_call_id);
  });

  test("auto: the configured window holds, whatever the server says", async () => {
    playCountingModel(doors.backend, { window: 100_000 });
    await client.responses.create({ model: "small", input, truncation: "auto" });
    expect(shown()).toHaveLength(11);
  });

  test("auto: what cannot fit is refused as too long", async () => {
    playCountingModel(doors.backend, { window: 200 });
    const error = await client.responses
      .create({ model, input: [...input, { role: "user", content: words(300) }], truncation: "auto" })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 400, code: "context_length_exceeded", param: "input" });
  });

  test("disabled: the server's refusal passes", async () => {
    playCountingModel(doors.backend, { window: 200 });
    for (const fields of [{}, { truncation: "disabled" as const }]) {
      await expect(client.responses.create({ model, input, ...fields })).rejects.toMatchObject({
        status: 400,
        type: "invalid_request_error",
        code: "context_length_exceeded",
        param: "input",
        message: expect.stringContaining("maximum context length is 200 tokens"),
      });
    }
  });

  test("auto: holds for a response in the background", async () => {
    playCountingModel(doors.backend, { window: 200 });
    const { id } = await client.responses.create({ model, input, truncation: "auto", background: true });
    await expect.poll(async () => (await client.responses.retrieve(id)).status).toBe("completed");
    expect(shown()).toHaveLength(9);
  });
});

describe.for(oneDoor)("truncation through %s, where the server tells no window", (door) => {
  let doors: Doors;
  beforeAll(async () => {
    doors = await startDoors();
    playCountingModel(doors.backend, { window: 200, tellsWindow: false, counts: false });
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  test("auto: it is asked again with less, until it takes what is left", async () => {
    const { final } = await postStream(doors.url(door), { model, input, truncation: "auto" });
    expect(final).toMatchObject({ status: "completed" });
    const sizes = doors.backend.requests.map(({ body }) => body.messages?.length ?? 0);
    expect(sizes[0]).toBe(input.length);
    expect(sizes.length).toBeLessThanOrEqual(3);
    expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => b - a));
    // The refusal told how far off the estimates were: what is left is more than the last question.
    expect(sizes.at(-1)).toBeGreaterThan(3);
  });
});
