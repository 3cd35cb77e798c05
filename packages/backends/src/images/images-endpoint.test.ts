import { ApiError } from "@gateway/protocol";
import {
  type ImagesServer,
  startImagesServer,
  startWebServer,
  unfinishedPicture,
  wholePicture,
} from "@gateway/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { openChatBackend } from "../chat-completions/backend.ts";
import { toImageRequest } from "./to-image-request.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const nobody = new AbortController().signal;

async function images(): Promise<ImagesServer> {
  const server = await startImagesServer();
  open.push(() => server.stop());
  return server;
}

/** A backend that makes pictures with the model `painter`. */
function maker(url: string, key?: string, total = 5_000) {
  const backend = openChatBackend({
    name: "pictures",
    url,
    key,
    images: { model: "painter" },
    retry: { attempts: 1 },
    // What a model may be silent for holds for words alone.
    timeouts: { firstByte: 1, idle: 1, total },
  });
  open.push(() => backend.close());
  if (backend.images === undefined) throw new Error("it makes none");
  return backend.images;
}

const order = { prompt: "an otter", partialImages: 0 };
const ignore = () => {};

test("a picture is made, and what is said of it is told", async () => {
  const server = await images();
  const made = await maker(server.url, "k").make(
    { ...order, model: "another", size: "1024x1536", outputFormat: "webp" },
    ignore,
    nobody,
  );
  expect(server.orders).toEqual([
    {
      model: "painter",
      prompt: "an otter",
      n: 1,
      size: "1024x1536",
      output_format: "webp",
      response_format: "b64_json",
    },
  ]);
  expect(server.seen[0]?.headers).toMatchObject({ authorization: "Bearer k" });
  expect(made).toEqual({
    content: wholePicture,
    revisedPrompt: undefined,
    size: "1024x1536",
    quality: "medium",
    background: "opaque",
    outputFormat: "webp",
    usage: { input: 10, inputImage: 0, inputText: 10, output: 50, outputImage: 0, outputText: 0 },
  });
});

test("unfinished pictures come as they are made, and the last is the whole", async () => {
  const server = await images();
  const held = Promise.withResolvers<void>();
  server.gate = held.promise;
  const partials: string[] = [];
  const making = maker(server.url).make(
    { ...order, partialImages: 2 },
    (content) => partials.push(content),
    nobody,
  );
  await expect.poll(() => partials).toEqual([unfinishedPicture(0), unfinishedPicture(1)]);
  held.resolve();
  expect(await making).toMatchObject({ content: wholePicture, size: "1024x1024", usage: { output: 50 } });
  expect(server.orders).toMatchObject([{ stream: true, partial_images: 2 }]);
});

test("a server without streams sends the whole at once, however long it takes", async () => {
  const server = await images();
  server.streams = false;
  const held = Promise.withResolvers<void>();
  server.gate = held.promise;
  const making = maker(server.url).make({ ...order, partialImages: 3 }, ignore, nobody);
  await expect.poll(() => server.orders.length).toBe(1);
  held.resolve();
  expect(await making).toMatchObject({ content: wholePicture });
});

test("a server that hangs is given up when the time of the whole call is over", async () => {
  const server = await images();
  server.gate = new Promise(() => {});
  const making = maker(server.url, undefined, 300).make(order, ignore, nobody);
  await expect(making).rejects.toMatchObject({ code: "upstream_timeout" });
});

test("what the server refuses is told with its code", async () => {
  const server = await images();
  server.refuses = { status: 400, code: "moderation_blocked", message: "Not this." };
  const error = await maker(server.url)
    .make(order, ignore, nobody)
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 400, code: "moderation_blocked", message: "Not this." });
});

test("a caller that leaves ends the making", async () => {
  const server = await images();
  server.gate = new Promise(() => {});
  const leaving = new AbortController();
  const making = maker(server.url).make(order, ignore, leaving.signal);
  await expect.poll(() => server.orders.length).toBe(1);
  leaving.abort(new Error("gone"));
  await expect(making).rejects.toThrow("gone");
});

describe("an answer without a picture", () => {
  const event = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
  test.each<[string, string, string, Partial<ApiError>]>([
    ["is not one", "application/json", '{"data":[]}', { code: "upstream_garbage" }],
    ["but null", "application/json", "null", { code: "upstream_garbage" }],
    ["but a number", "application/json", "5", { code: "upstream_garbage" }],
    ["but a list of null", "application/json", '{"data":[null]}', { code: "upstream_garbage" }],
    [
      "but a script in base64",
      "application/json",
      JSON.stringify({ data: [{ b64_json: btoa("<script>") }] }),
      { code: "upstream_garbage" },
    ],
    [
      "but an SVG that nobody asked for",
      "application/json",
      JSON.stringify({ data: [{ b64_json: btoa("<svg></svg>") }] }),
      { code: "upstream_garbage" },
    ],
    ["but an event of null", "text/event-stream", "data: null\n\n", { code: "upstream_garbage" }],
    [
      "but a script at the end of its stream",
      "text/event-stream",
      event({ type: "image_generation.completed", b64_json: btoa("<script>") }),
      { code: "upstream_garbage" },
    ],
    ["but a page", "text/html", "<html>", { code: "upstream_garbage" }],
    ["but a URL", "application/json", '{"data":[{"url":"http://x/y"}]}', { code: "upstream_garbage" }],
    ["that is no base64", "application/json", '{"data":[{"b64_json":"<>"}]}', { code: "upstream_garbage" }],
    [
      "but an error",
      "application/json",
      '{"error":{"message":"No.","code":"x"}}',
      { message: expect.stringContaining("No.") as never },
    ],
    [
      "but the beginning of one",
      "text/event-stream",
      event({ type: "image_generation.partial_image", b64_json: "eA==" }),
      { code: "upstream_cut" },
    ],
    ["but an event of no form", "text/event-stream", "data: {\n\n", { code: "upstream_garbage" }],
    [
      "but an error in its stream",
      "text/event-stream",
      event({ type: "error", error: { message: "Late." } }),
      { message: expect.stringContaining("Late.") as never },
    ],
  ])("%s", async (_name, type, body, expected) => {
    const server = await startWebServer((_request, response) => {
      response.writeHead(200, { "content-type": type }).end(body);
    });
    open.push(() => server.stop());
    const making = maker(`${server.origin}/v1`).make({ ...order, partialImages: 1 }, ignore, nobody);
    await expect(making).rejects.toMatchObject(expected);
  });

  test("but a data URL has one", async () => {
    const server = await startWebServer((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const url = `data:image/png;base64,${wholePicture}`;
      response.end(JSON.stringify({ data: [{ url, revised_prompt: "more" }] }));
    });
    open.push(() => server.stop());
    expect(await maker(`${server.origin}/v1`).make(order, ignore, nobody)).toMatchObject({
      content: wholePicture,
      revisedPrompt: "more",
    });
  });
});

test("OpenAI's own models are asked as they want it, and DALL-E for base64", () => {
  const dialect = { usualModel: "gpt-image-2.6-sunburst", asksBase64: false };
  expect(toImageRequest(order, dialect)).toEqual({ model: dialect.usualModel, prompt: "an otter", n: 1 });
  expect(toImageRequest({ ...order, model: "dall-e-3" }, dialect)).toMatchObject({
    model: "dall-e-3",
    response_format: "b64_json",
  });
});

test("a backend makes pictures where it is said to, or is OpenAI", async () => {
  const of = (url: string, images?: object) => {
    const backend = openChatBackend({ name: "b", url, ...(images && { images }) });
    open.push(() => backend.close());
    return [backend.images !== undefined, backend.fetchesImages];
  };
  expect(of("http://127.0.0.1:11434/v1")).toEqual([false, false]);
  expect(of("http://127.0.0.1:11434/v1", {})).toEqual([true, false]);
  expect(of("https://api.openai.com/v1")).toEqual([true, true]);
  expect(of("https://openrouter.ai/api/v1")).toEqual([false, true]);
});
