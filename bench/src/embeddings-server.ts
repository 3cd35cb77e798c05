import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { announce } from "./announce.ts";
import { renderVector } from "./embeddings/scripted-vector.ts";
import { openServiceLine } from "./embeddings/service-line.ts";

/**
 * The embedding model of the bench, in a process of its own: POST /v1/embeddings with vectors that follow from the
 * text alone, one request at a time, MS_PER_TEXT milliseconds a text (0 when left out). GET /count tells what
 * it has done.
 */
const line = openServiceLine(Number(process.env.MS_PER_TEXT ?? 0));

function answer(model: string, texts: readonly string[]): string {
  const data = texts.map(
    (input, index) => `{"object":"embedding","index":${index},"embedding":${renderVector(input)}}`,
  );
  const usage = '"usage":{"prompt_tokens":1,"total_tokens":1}';
  return `{"object":"list","model":${JSON.stringify(model)},"data":[${data.join(",")}],${usage}}`;
}

const server = createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
  const json = (body: string): void => {
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    });
    response.end(body);
  };
  if (request.url === "/count") return json(JSON.stringify(line.count));
  if (request.method !== "POST") return json('{"object":"list","data":[]}');
  const { model, input } = JSON.parse(await text(request)) as { model: string; input: string | string[] };
  const texts = typeof input === "string" ? [input] : input;
  json(await line.serve(texts.length, () => answer(model, texts)));
});
announce(server);
