import { createHash, randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { openRawRequest, waitFor } from "@gateway/testkit";
import { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "./knowledge-doors.ts";

describe.for(oneDoor)("the content of a file through %s, over plain HTTP", (door) => {
  const bytes = randomBytes(200_000);
  let doors: KnowledgeDoors;
  let id: string;
  let url: string;
  beforeAll(async () => {
    doors = await startKnowledge({ store: { files: { max_bytes: "1MiB" } } });
    ({ id } = await doors.client(door).files.create({
      file: await toFile(bytes, "Größe.txt"),
      purpose: "user_data",
    }));
    url = `${doors.url(door)}/files/${id}/content`;
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  const get = (headers: Record<string, string>, method = "GET") => fetch(url, { method, headers });

  test("is told with its length, type and name, and is nothing that a browser would run", async () => {
    const answer = await get({});
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-length": "200000",
      "content-type": "text/plain",
      "content-disposition": "attachment; filename=\"Gr__e.txt\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.txt",
      "accept-ranges": "bytes",
      "x-content-type-options": "nosniff",
      etag: `"${createHash("sha256").update(bytes).digest("hex")}"`,
    });
    expect(bytes.equals(Buffer.from(await answer.arrayBuffer()))).toBe(true);
  });

  test.for([
    ["bytes=0-99", 0, 99],
    ["bytes=100000-", 100_000, 199_999],
    ["bytes=-7", 199_993, 199_999],
    ["bytes=199999-300000", 199_999, 199_999],
  ] as const)("is given in part for %s", async ([range, first, last]) => {
    const answer = await get({ range });
    expect(answer.status).toBe(206);
    expect(answer.headers.get("content-range")).toBe(`bytes ${first}-${last}/200000`);
    expect(answer.headers.get("content-length")).toBe(String(last - first + 1));
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes.subarray(first, last + 1));
  });

  test("has nothing behind its end", async () => {
    const answer = await get({ range: "bytes=200000-" });
    expect(answer.status).toBe(416);
    expect(answer.headers.get("content-range")).toBe("bytes */200000");
    expect(await answer.json()).toMatchObject({ error: { code: "range_not_satisfiable" } });
  });

  test("is given whole where several ranges are asked for, or a range of what it was before", async () => {
    expect((await get({ range: "bytes=0-1,4-5" })).status).toBe(200);
    const tag = (await get({}, "HEAD")).headers.get("etag") ?? "";
    expect((await get({ range: "bytes=0-1", "if-range": tag })).status).toBe(206);
    expect((await get({ range: "bytes=0-1", "if-range": '"other"' })).status).toBe(200);
  });

  test("is not sent again to whoever has it", async () => {
    const tag = (await get({})).headers.get("etag") ?? "";
    const answer = await get({ "if-none-match": tag });
    expect([answer.status, await answer.text(), answer.headers.get("etag")]).toEqual([304, "", tag]);
    expect((await get({ "if-none-match": '"other"' })).status).toBe(200);
  });

  test("is announced to HEAD without a body", async () => {
    using exchange = openRawRequest(url, { method: "HEAD" });
    await exchange.waitFor("\r\n\r\n");
    // Had a body come, it would stand between this answer and the next one.
    exchange.write(`HEAD ${new URL(url).pathname} HTTP/1.1\r\nhost: localhost\r\nrange: bytes=0-9\r\n\r\n`);
    await exchange.waitFor("206 Partial Content");
    expect(exchange.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n(?:[^\r]+\r\n)+\r\nHTTP\/1\.1 206 /);
    expect(exchange.received()).toMatch(/^content-length: 200000\r$/im);
  });

  test.for([
    ["no file", { purpose: "assistants" }, 422, "file", "missing_required_parameter"],
    ["the file as text", { purpose: "assistants", file: "text" }, 422, "file", "missing_required_parameter"],
    [
      "the file in another field",
      { purpose: "assistants", data: new Blob(["x"]) },
      422,
      "file",
      "missing_required_parameter",
    ],
    ["no purpose", { file: new Blob(["x"]) }, 422, "purpose", "missing_required_parameter"],
  ] as const)("cannot be created from a form with %s", async ([, fields, status, param, code]) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value as Blob);
    const answer = await fetch(`${doors.url(door)}/files`, { method: "POST", body: form });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error: { type: "invalid_request_error", param, code } });
  });

  test("cannot be created from what is no form", async () => {
    const send = async (contentType: string, body: string) => {
      const headers = { "content-type": contentType };
      const answer = await fetch(`${doors.url(door)}/files`, { method: "POST", headers, body });
      return [answer.status, ((await answer.json()) as { error: { type: string } }).error.type];
    };
    expect(await send("application/json", "{}")).toEqual([400, "invalid_request_error"]);
    expect(await send("multipart/form-data; boundary=b", "--b\r\nbroken")).toEqual([
      400,
      "invalid_request_error",
    ]);
  });

  test("that stops in the middle of the form leaves nothing behind", async () => {
    const kept = () => readdirSync(join(doors.gateway.cwd, "data/files"), { recursive: true }).sort();
    const before = kept();
    const head = '--b\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n';
    const headers = { "content-type": "multipart/form-data; boundary=b", "content-length": "100000" };
    const exchange = openRawRequest(`${doors.url(door)}/files`, { method: "POST", headers });
    exchange.write(head + "x".repeat(50_000));
    await waitFor(() => kept().length > before.length, { what: "the first bytes of the file" });
    exchange.close();
    await expect.poll(kept, { timeout: 10_000 }).toEqual(before);
  });
});

test("an answer to a form that was not read to its end says that its connection closes", async () => {
  await using doors = await startKnowledge({ store: { files: { max_bytes: "64KiB" } } });
  const headers = { "content-type": "multipart/form-data; boundary=b", "content-length": "9000000" };
  using exchange = openRawRequest(`${doors.url("http")}/files`, { method: "POST", headers });
  await exchange.waitFor("request_too_large");
  expect(exchange.received()).toMatch(/^HTTP\/1\.1 413 /);
  // Whoever keeps such a connection sends the next request into a socket that is about to be closed.
  expect(exchange.received()).toMatch(/^connection: close\r$/im);
});
