import { gzipSync } from "node:zlib";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { loadTestConfig } from "../testing/test-config.ts";
import type { AppEnv } from "./context.ts";
import { readJson } from "./read-json.ts";
import { renderError } from "./render-error.ts";

const limits = loadTestConfig({ requests: { max_body: 1000, max_decoded_body: 2000 } }).requests;

const roomy = loadTestConfig({}).requests;

async function read(init: RequestInit, within = limits): Promise<[status: number, body: unknown]> {
  const app = new Hono<AppEnv>();
  app.onError(renderError);
  app.post("/", async (c) => c.json((await readJson(c, within)) as object));
  const response = await app.request("/", { method: "POST", ...init });
  return [response.status, await response.json()];
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** The inside of an object of `n` short keys. */
const keys = (n: number): string => Array.from({ length: n }, (_, at) => `"${at.toString(36)}":0`).join();

describe("reading a JSON body", () => {
  test("a body without content type is read as JSON", async () => {
    expect(await read({ body: new TextEncoder().encode('{"a":1}') })).toEqual([200, { a: 1 }]);
  });

  test("a byte order mark is no fault", async () => {
    expect(await read({ body: new TextEncoder().encode('\ufeff{"a":1}') })).toEqual([200, { a: 1 }]);
  });

  test.for(["application/json; charset=utf-8", "application/vnd.api+json", "Application/JSON"])(
    "%s is JSON",
    async (type) => {
      expect(await read({ body: "{}", headers: { "content-type": type } })).toEqual([200, {}]);
    },
  );

  test("a body that only declares to be too large is refused unread (S2-41)", async () => {
    const body = new ReadableStream({
      pull: () => {
        throw new Error("was read");
      },
    });
    const init = { body, duplex: "half", headers: { "content-length": "1001" } } as RequestInit;
    expect(await read(init)).toMatchObject([413, { error: { code: "request_too_large" } }]);
  });

  test("a body of unknown length is refused as soon as it is too large", async () => {
    let sent = 0;
    const body = new ReadableStream({
      pull: (controller) => {
        sent++;
        controller.enqueue(new Uint8Array(500));
      },
    });
    expect(await read({ body, duplex: "half" } as RequestInit)).toMatchObject([413, {}]);
    expect(sent).toBeLessThan(6);
  });

  test.for([255, 300])("nesting of %i levels is judged by the limit, not by the stack", async (depth) => {
    const body = new TextEncoder().encode("[".repeat(depth) + "]".repeat(depth));
    const [status, answer] = await read({ body });
    if (depth < 257) expect(status).toBe(200);
    else expect(answer).toMatchObject({ error: { message: expect.stringMatching(/nested/) } });
  });

  test("a body of more values than memory should pay for is refused, however well it compresses", async () => {
    const many = gzipSync(`{"a":[${"[],".repeat(600_000)}[]]}`);
    const headers = { "content-encoding": "gzip" };
    expect(await read({ body: many, headers }, roomy)).toMatchObject([
      413,
      { error: { message: expect.stringMatching(/values/) } },
    ]);
    const text = gzipSync(JSON.stringify({ a: ',{["\\'.repeat(600_000) }));
    expect((await read({ body: text, headers }, roomy))[0]).toBe(200);
  });

  test.for([
    ["more keys than an object should have", (n: number) => `{${keys(n)}}`],
    ["the same further in", (n: number) => `{"a":[1,{"b":"\\",,,{[","c":{${keys(n)}}},[2]]}`],
  ] as const)("%s are refused", async ([, bodyOf]) => {
    expect((await read({ body: bytesOf(bodyOf(10_000)) }, roomy))[0]).toBe(200);
    expect(await read({ body: bytesOf(bodyOf(10_001)) }, roomy)).toMatchObject([
      413,
      { error: { message: expect.stringMatching(/keys of one object/) } },
    ]);
  });

  test("many keys in many objects, and many values in an array, are none too many", async () => {
    const objects = Array.from({ length: 5 }, () => `{${keys(4_000)}}`);
    expect((await read({ body: bytesOf(`[${objects}]`) }, roomy))[0]).toBe(200);
    expect((await read({ body: bytesOf(`[${"1,".repeat(100_000)}{"a":1}]`) }, roomy))[0]).toBe(200);
  });

  test.for(["{".repeat(30_000), "]".repeat(70_000), `${"}".repeat(70_000)},{`, "[,".repeat(40_000)])(
    "a large body that is no JSON is a 400 (%#)",
    async (text) => {
      expect((await read({ body: bytesOf(text.padEnd(70_000)) }, roomy))[0]).toBe(400);
    },
  );

  test.for(["constructor", "__proto__", "toString"])("%s is no encoding", async (encoding) => {
    const answer = await read({ body: Buffer.from("{}"), headers: { "content-encoding": encoding } });
    expect(answer).toMatchObject([400, { error: { code: "unsupported_content_encoding" } }]);
  });

  test("more layers of encoding than anyone needs are refused", async () => {
    const headers = { "content-encoding": "gzip, gzip, gzip" };
    expect(await read({ body: "x", headers })).toMatchObject([400, {}]);
  });
});
