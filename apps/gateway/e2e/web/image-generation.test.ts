import { json, unfinishedPicture, wholePicture } from "@gateway/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { post } from "../post.ts";
import { postStream } from "../read-stream.ts";
import { acting, shownOutputs, startWeb, type WebDoors } from "./web-doors.ts";

describe.for(oneDoor)("image_generation through %s", (door) => {
  let web: WebDoors;
  beforeAll(async () => {
    web = await startWeb();
  });
  afterAll(() => web[Symbol.asyncDispose]());
  beforeEach(() => {
    web.backend.setDefault(
      acting([{ name: "image_generation", arguments: { prompt: "an otter" } }], "Here it is."),
    );
  });

  const ask = { model: "scripted", input: "Draw an otter.", tools: [{ type: "image_generation" as const }] };

  test("is an item with the picture, and the model is told that it was made", async () => {
    const client = web.client(door);
    const response = await client.responses.create(ask);
    expect(response.output).toMatchObject([
      {
        type: "image_generation_call",
        id: expect.stringMatching(/^ig_/),
        status: "completed",
        result: wholePicture,
        revised_prompt: "an otter",
        size: "1024x1024",
        quality: "medium",
        background: "opaque",
        output_format: "png",
      },
      { type: "message" },
    ]);
    expect(response.tool_usage?.image_gen).toMatchObject({
      input_tokens: 10,
      output_tokens: 50,
      total_tokens: 60,
    });
    expect(web.images.orders.at(-1)).toMatchObject({ model: "painter", prompt: "an otter", n: 1 });
    expect(shownOutputs(web.backend.requests.at(-1))).toEqual([expect.stringContaining("was made")]);

    web.backend.setDefault(acting([], "It swims."));
    const next = await client.responses.create({
      ...ask,
      input: "What does it do?",
      previous_response_id: response.id,
    });
    expect(next.output_text).toBe("It swims.");
    expect(JSON.stringify(web.backend.requests.at(-1)?.body)).not.toContain(wholePicture);
  });

  test("is streamed with unfinished pictures, by the grammar and for the official client", async () => {
    const { events, final, accumulated } = await postStream(web.url(door), {
      ...ask,
      tools: [{ type: "image_generation", partial_images: 2, size: "1536x1024", output_format: "webp" }],
      tool_choice: { type: "image_generation" },
    });
    expect(
      events.flatMap(({ type }) => (type.includes("image_generation") ? [type.split(".")[2]] : [])),
    ).toEqual(["in_progress", "generating", "partial_image", "partial_image", "completed"]);
    const partial = events.filter(({ type }) => type.endsWith("partial_image"));
    expect(partial).toMatchObject(
      [0, 1].map((index) => ({
        partial_image_index: index,
        partial_image_b64: unfinishedPicture(index),
        size: "1536x1024",
        output_format: "webp",
      })),
    );
    for (const response of [final, accumulated])
      expect(response.output).toMatchObject([
        { type: "image_generation_call", result: wholePicture, size: "1536x1024", output_format: "webp" },
        { type: "message" },
      ]);
  });

  test("that is refused is failed, and the model says so", async () => {
    web.images.refuses = { status: 400, code: "moderation_blocked", message: "Not an otter like this." };
    try {
      const { final } = await postStream(web.url(door), ask);
      expect(final.output).toMatchObject([
        {
          status: "failed",
          result: null,
          error: { code: "moderation_blocked", message: "Not an otter like this." },
        },
        { type: "message" },
      ]);
    } finally {
      web.images.refuses = undefined;
    }
    expect(shownOutputs(web.backend.requests.at(-1))).toEqual([
      "The picture could not be made: Not an otter like this.",
    ]);
  });

  test("changes no pictures, and says so", async () => {
    const edit = await post(web.url(door), { ...ask, tools: [{ type: "image_generation", action: "edit" }] });
    expect(edit.headers.get("x-gateway-ignored")).toBe("tools[0].type=image_generation");
    const mask = { type: "image_generation", input_image_mask: { file_id: "file-1" } };
    const masked = await post(web.url(door), { ...ask, tools: [mask] });
    expect(masked.headers.get("x-gateway-ignored")).toBe("tools[0].input_image_mask");
  });

  test("that nobody waits for any more is given up", async () => {
    const held = Promise.withResolvers<void>();
    web.images.gate = held.promise;
    const before = web.images.orders.length;
    const leaving = new AbortController();
    const left = post(web.url(door), ask, { signal: leaving.signal }).catch((thrown: unknown) => thrown);
    await expect.poll(() => web.images.orders.length).toBe(before + 1);
    leaving.abort();
    expect(await left).toBeInstanceOf(Error);
    held.resolve();
    web.images.gate = Promise.resolve();
    const after = await post(web.url(door), ask);
    expect(await after.json()).toMatchObject({ status: "completed" });
  });
});

describe.for(oneDoor)("a model's own server that makes pictures, through %s", (door) => {
  let web: WebDoors;
  beforeAll(async () => {
    web = await startWeb({ image_generation: { model: "painter" } });
  });
  afterAll(() => web[Symbol.asyncDispose]());

  test("is asked for them", async () => {
    const call = { name: "image_generation", arguments: { prompt: "an otter" } };
    const draws = acting([call], "Here it is.");
    const picture = { data: [{ b64_json: wholePicture, revised_prompt: "a happy otter" }] };
    web.backend.setDefault((request) =>
      request.path.endsWith("/images/generations") ? [json(picture)] : draws(request),
    );
    const answer = await post(web.url(door), {
      model: "scripted",
      input: "x",
      tools: [{ type: "image_generation" }],
    });
    expect(await answer.json()).toMatchObject({
      output: [{ result: wholePicture, revised_prompt: "a happy otter" }, { type: "message" }],
    });
  });
});
