import { badRequest, type ResponseEvent } from "@gateway/protocol";
import { checkStream } from "@gateway/protocol/grammar";
import { describe, expect, test } from "vitest";
import { reopenItems } from "../reopen-items.ts";
import { tellResponse } from "../tell-response.ts";
import { drain, EngineWorld, say } from "../testing/engine-world.ts";
import { FakeImages } from "../testing/fake-web.ts";
import { accumulateWithClient, readWithClient } from "../testing/read-with-client.ts";
import type { Script } from "../testing/scripted-model.ts";

const withImages = { tools: [{ type: "image_generation" }] };

function worldWith(...scripts: Script[]): EngineWorld & { images: FakeImages } {
  return Object.assign(new EngineWorld(...scripts), { images: new FakeImages() });
}

const draw = (args: object): Script => [
  [say.call(0, "image_generation"), say.args(0, JSON.stringify(args)), say.toolCalls],
];
const answer = (text: string): Script => [[say.text(text), say.stop]];

function shown(world: EngineWorld, turn: number): string[] {
  return (world.model.seen[turn]?.turn.items ?? []).flatMap((item) =>
    item.type === "function_call_output" ? [String(item.output)] : [],
  );
}

function stepsOf(events: readonly ResponseEvent[]): string[] {
  return events.flatMap(({ type }) =>
    type.includes("image_generation") ? [type.split(".").at(-1) ?? ""] : [],
  );
}

describe("a picture", () => {
  test("is an item of its own, and the model is told that it was made", async () => {
    const world = worldWith(draw({ prompt: "an otter", size: "1536x1024" }), answer("Here it is."));
    world.images.makes = {
      content: "eHk=",
      revisedPrompt: "a happy otter",
      size: "1536x1024",
      quality: "high",
      background: "opaque",
      outputFormat: "webp",
      usage: { input: 3, inputImage: 1, inputText: 2, output: 7, outputImage: 7, outputText: 0 },
    };
    const events = await drain(world.respond({ ...withImages, stream: true }));
    expect(stepsOf(events)).toEqual(["in_progress", "generating", "completed"]);
    expect(events.at(-1)).toMatchObject({
      type: "response.completed",
      response: {
        output: [
          {
            type: "image_generation_call",
            id: expect.stringMatching(/^ig_/),
            status: "completed",
            result: "eHk=",
            action: "generate",
            revised_prompt: "a happy otter",
            size: "1536x1024",
            quality: "high",
            background: "opaque",
            output_format: "webp",
          },
          { content: [{ text: "Here it is." }] },
        ],
        tool_usage: {
          image_gen: {
            input_tokens: 3,
            input_tokens_details: { image_tokens: 1, text_tokens: 2 },
            output_tokens: 7,
            output_tokens_details: { image_tokens: 7, text_tokens: 0 },
            total_tokens: 10,
          },
          web_search: { num_requests: 0 },
        },
      },
    });
    expect(shown(world, 1)).toEqual([expect.stringMatching(/was made.*1536x1024/)]);
    expect(JSON.stringify(world.model.seen[1]?.turn.items)).not.toContain("eHk=");
    for (const read of [await readWithClient(events, true), accumulateWithClient(events)])
      expect(read.output.map(({ type }) => type)).toEqual(["image_generation_call", "message"]);
  });

  test("is made as the caller's declaration says, before what the model wants", async () => {
    const tool = {
      type: "image_generation",
      model: "painter",
      size: "1024x1024",
      quality: "low",
      background: "transparent",
      output_format: "png",
      output_compression: 50,
      moderation: "low",
      partial_images: 2,
    };
    const world = worldWith(draw({ prompt: " an otter ", size: "1x1" }), answer("So."));
    await world.run({ tools: [tool] });
    expect(world.images.orders).toEqual([
      {
        prompt: "an otter",
        model: "painter",
        size: "1024x1024",
        quality: "low",
        background: "transparent",
        outputFormat: "png",
        outputCompression: 50,
        moderation: "low",
        partialImages: 2,
      },
    ]);
    const [offered] = world.model.seen[0]?.turn.tools ?? [];
    expect(Object.keys((offered?.parameters?.properties ?? {}) as object)).toEqual(["prompt"]);
  });

  test("is shown unfinished while it is being made", async () => {
    const world = worldWith(draw({ prompt: "an otter" }), answer("So."));
    const held = Promise.withResolvers<void>();
    world.images.gate = held.promise;
    world.images.partials = ["MQ==", "Mg=="];
    const tools = [{ type: "image_generation", partial_images: 2, size: "1024x1024" }];
    const events: ResponseEvent[] = [];
    for await (const batch of world.respond({ tools, stream: true })) {
      events.push(...structuredClone(batch));
      // It is not done before its second unfinished one has been told.
      if (batch.some((event) => "partial_image_index" in event && event.partial_image_index === 1))
        held.resolve();
    }
    expect(stepsOf(events)).toEqual([
      "in_progress",
      "generating",
      "partial_image",
      "partial_image",
      "completed",
    ]);
    expect(events.filter(({ type }) => type.endsWith("partial_image"))).toMatchObject([
      { partial_image_index: 0, partial_image_b64: "MQ==", size: "1024x1024" },
      { partial_image_index: 1, partial_image_b64: "Mg==" },
    ]);
    await drain(
      (async function* () {
        yield events;
      })(),
    );
    expect((await readWithClient(events, false)).output).toHaveLength(2);
  });

  test("is shown unfinished as often as was asked for, however often its server sends it", async () => {
    for (const [wanted, shown] of [
      [2, 2],
      [undefined, 0],
    ]) {
      const world = worldWith(draw({ prompt: "an otter" }), answer("So."));
      world.images.partials = Array.from({ length: 1000 }, () => "MQ==");
      const tools = [{ type: "image_generation", partial_images: wanted }];
      const steps = stepsOf(await drain(world.respond({ tools, stream: true })));
      expect(steps.filter((step) => step === "partial_image")).toHaveLength(shown ?? 0);
      expect(steps.at(-1)).toBe("completed");
    }
  });

  test("that was not streamed is told again as if it had been, and one that was left open is failed", async () => {
    const world = worldWith(draw({ prompt: "x" }), answer("So."));
    await world.run(withImages);
    const told = tellResponse(world.stored());
    checkStream(told);
    expect(stepsOf(told)).toEqual(["in_progress", "generating", "completed"]);

    const [added, ...steps] = told.filter((event) => "output_index" in event && event.output_index === 0);
    const partial = {
      type: "response.image_generation_call.partial_image",
      item_id: world.stored().output[0]?.id,
      output_index: 0,
      partial_image_index: 0,
      partial_image_b64: "MQ==",
    };
    const left = [added, ...steps.slice(0, 2), partial] as ResponseEvent[];
    const emitted: unknown[] = [];
    const open = reopenItems(left, (event) => emitted.push(event)).get(0);
    open?.close("incomplete");
    expect(emitted).toMatchObject([
      { type: "response.output_item.done", item: { status: "failed", result: null } },
    ]);
  });

  test("that cannot be made is failed, with the reason for caller and model", async () => {
    const world = worldWith(draw({ prompt: "x" }), answer("I could not."));
    world.images.makes = badRequest("Not this.", { code: "moderation_blocked" });
    const events = await drain(world.respond({ ...withImages, stream: true }));
    expect(stepsOf(events)).toEqual(["in_progress", "generating"]);
    expect(events.at(-1)).toMatchObject({
      type: "response.completed",
      response: {
        output: [
          { status: "failed", result: null, error: { code: "moderation_blocked", message: "Not this." } },
          { type: "message" },
        ],
      },
    });
    expect(shown(world, 1)).toEqual(["The picture could not be made: Not this."]);
    expect(world.faults).toEqual(["making a picture failed"]);
    expect((await readWithClient(events, false)).output[0]).toMatchObject({ status: "failed" });
  });

  test("of a former response is shown as made, by whom ever it is sent back", async () => {
    const world = worldWith(draw({ prompt: "an otter" }), answer("So."), answer("Yes."), answer("Yes."));
    const { id, output } = await world.run(withImages);
    await world.run({ input: "Did you?", previous_response_id: id });
    await world.run({ input: [...output, { role: "user", content: "Did you?" }] });
    for (const turn of [2, 3]) {
      expect(shown(world, turn)).toEqual([expect.stringContaining("was made")]);
      const call = world.model.seen[turn]?.turn.items.find(({ type }) => type === "function_call");
      expect(call).toMatchObject({ name: "image_generation", arguments: '{"prompt":"an otter"}' });
    }
  });

  test("that nobody waits for any more is given up", async () => {
    const world = worldWith(draw({ prompt: "x" }));
    world.images.gate = new Promise(() => {});
    for await (const batch of world.respond({ ...withImages, stream: true })) {
      if (batch.some(({ type }) => type === "response.image_generation_call.generating")) break;
    }
    expect(world.stored()).toMatchObject({
      status: "cancelled",
      output: [{ type: "image_generation_call", status: "failed", result: null }],
    });
  });

  test.each([
    [{ type: "image_generation", action: "edit" }],
    [{ type: "image_generation", action: "generate" }],
  ])("is made and not changed: %j", async (tool) => {
    const world = worldWith(answer("So."));
    await world.run({ tools: [tool] });
    expect(world.model.seen[0]?.turn.tools).toHaveLength(tool.action === "edit" ? 0 : 1);
  });

  test("without a prompt is not made", async () => {
    const world = worldWith(draw({ text: "x" }), answer("So."));
    expect((await world.run(withImages)).output.map(({ type }) => type)).toEqual(["message"]);
    expect(shown(world, 1)).toEqual([expect.stringContaining('Expected {"prompt"')]);
  });
});
