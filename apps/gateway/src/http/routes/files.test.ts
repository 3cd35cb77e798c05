import { beforeEach, describe, expect, test } from "vitest";
import { formRequest, openTestApp, type TestApp } from "../../testing/test-app.ts";

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
});

function form(fields: Record<string, string | File>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
}

async function upload(fields: Record<string, string | File>) {
  const response = await app.fetch(await formRequest("/v1/files", form(fields)));
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const text = () => new File(["hello"], "näme.txt");

describe("POST /v1/files", () => {
  test("keeps a file", async () => {
    const answer = await upload({ purpose: "assistants", file: text() });
    expect(answer).toEqual({
      status: 200,
      body: {
        id: expect.stringMatching(/^file-/),
        object: "file",
        bytes: 5,
        created_at: 1000,
        expires_at: null,
        filename: "näme.txt",
        purpose: "assistants",
        status: "processed",
        status_details: null,
      },
    });
    expect(app.fakes.pending()).toBe(0);
    expect(app.log()).toContain(`"file_id":"${String(answer.body.id)}","bytes":5`);
  });

  test("says of a body that the ExtProc listener has left out that it is too large", async () => {
    const headers = { "content-type": "multipart/form-data; boundary=x", "content-length": "99000000" };
    const answer = await app.fetch(new Request("http://localhost/v1/files", { method: "POST", headers }));
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ error: { code: "request_too_large" } });
  });

  test("takes the fields after the file, and when it is to expire", async () => {
    const answer = await upload({
      file: new File(["x"], "..\\dir/a.pdf"),
      "expires_after[anchor]": "created_at",
      "expires_after[seconds]": "3600",
      purpose: "user_data",
    });
    expect(answer.body).toMatchObject({ filename: "a.pdf", expires_at: 4600, purpose: "user_data" });
  });

  test.for([
    ["no purpose", { file: text() }, "purpose", "missing_required_parameter"],
    ["an unknown purpose", { file: text(), purpose: "fun" }, "purpose", "invalid_value"],
    ["no file", { purpose: "vision" }, "file", "missing_required_parameter"],
    ["a file that is text", { purpose: "vision", file: "path" }, "file", "missing_required_parameter"],
    ["control characters", { purpose: "vision", file: new File(["x"], "a\u0001b") }, "file", "invalid_value"],
    [
      "an expiry without anchor",
      { file: text(), purpose: "vision", "expires_after[seconds]": "3600" },
      "expires_after.anchor",
      "missing_required_parameter",
    ],
    [
      "an expiry too soon",
      {
        file: text(),
        purpose: "vision",
        "expires_after[anchor]": "created_at",
        "expires_after[seconds]": "60",
      },
      "expires_after.seconds",
      expect.stringMatching(/below_min/),
    ],
    [
      "an expiry that is no number",
      {
        file: text(),
        purpose: "vision",
        "expires_after[anchor]": "created_at",
        "expires_after[seconds]": "soon",
      },
      "expires_after.seconds",
      "invalid_type",
    ],
  ] as [string, Record<string, string | File>, string, string][])(
    "%s is a 422, and nothing stays",
    async ([, fields, param, code]) => {
      const answer = await upload(fields);
      expect(answer).toMatchObject({ status: 422, body: { error: { param, code } } });
      expect(app.fakes.pending()).toBe(0);
      expect((await app.call("GET", "/v1/files")).body.data).toEqual([]);
    },
  );

  test("a JSON body is a 400", async () => {
    const answer = await app.call("POST", "/v1/files", { file: "x" }, { "content-type": "application/json" });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: "unsupported_content_type" } } });
  });

  test("a file that is too large is a 413, and nothing stays", async () => {
    const answer = await upload({ purpose: "batch", file: new File(["x".repeat(1_000_001)], "big") });
    expect(answer).toMatchObject({ status: 413, body: { error: { code: "request_too_large" } } });
    expect(app.fakes.pending()).toBe(0);
  });

  test("a form over the configured limit is refused unread, and one over requests.max_body is not", async () => {
    app = await openTestApp({ requests: { max_body: 1000 }, store: { files: { max_bytes: 2_000_000 } } });
    expect(await upload({ purpose: "batch", file: new File(["x".repeat(500_000)], "a") })).toMatchObject({
      status: 200,
      body: { bytes: 500_000 },
    });
    const headers = { "content-type": "multipart/form-data; boundary=x", "content-length": "9000000" };
    const body = new ReadableStream({
      pull: () => {
        throw new Error("was read");
      },
    });
    const init = { method: "POST", headers, body, duplex: "half" } as RequestInit;
    expect((await app.fetch(new Request("http://localhost/v1/files", init))).status).toBe(413);
  });

  test("a client that leaves in the middle leaves nothing behind", async () => {
    const leave = new AbortController();
    const part = '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nhalf of it';
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Buffer.from(part)),
    });
    const headers = { "content-type": "multipart/form-data; boundary=b" };
    const init = { method: "POST", headers, body, duplex: "half", signal: leave.signal } as RequestInit;
    const answer = app.fetch(new Request("http://localhost/v1/files", init));
    await expect.poll(() => app.fakes.pending()).toBe(1);
    leave.abort();
    expect((await answer).status).toBe(499);
    expect(app.fakes.pending()).toBe(0);
  });
});

describe("GET /v1/files", () => {
  test("lists, of one purpose if asked, in pages", async () => {
    for (const purpose of ["batch", "vision", "batch"]) await upload({ purpose, file: text() });
    const { body: all } = await app.call("GET", "/v1/files");
    expect(all).toMatchObject({ object: "list", has_more: false });
    expect(all.data).toHaveLength(3);
    const { body: some } = await app.call("GET", "/v1/files?purpose=batch&limit=1&order=asc");
    expect(some).toMatchObject({ has_more: true, first_id: some.data[0].id, last_id: some.data[0].id });
    const { body: rest } = await app.call("GET", `/v1/files?purpose=batch&order=asc&after=${some.last_id}`);
    expect(rest.data).toHaveLength(1);
  });

  test.for([
    ["limit=0", "limit"],
    ["limit=10001", "limit"],
    ["order=up", "order"],
    ["purpose=fun", "purpose"],
  ])("%s is a 422", async ([query, param]) => {
    expect(await app.call("GET", `/v1/files?${query}`)).toMatchObject({
      status: 422,
      body: { error: { param } },
    });
  });

  test("an unknown cursor is a 404", async () => {
    expect(await app.call("GET", "/v1/files?after=file-x")).toMatchObject({
      status: 404,
      body: { error: { param: "after" } },
    });
  });
});

describe("/v1/files/{id}", () => {
  test("is found, and deleted once", async () => {
    const { body } = await upload({ purpose: "batch", file: text() });
    const path = `/v1/files/${String(body.id)}`;
    expect((await app.call("GET", path)).body).toEqual(body);
    expect((await app.call("DELETE", path)).body).toEqual({ id: body.id, object: "file", deleted: true });
    for (const method of ["GET", "DELETE"]) expect((await app.call(method, path)).status).toBe(404);
  });

  test("knows its methods", async () => {
    const answer = await app.call("PUT", "/v1/files/file-1", {});
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD, DELETE, OPTIONS"]);
  });
});

describe("GET /v1/files/{id}/content", () => {
  let path: string;
  let tag: string;
  beforeEach(async () => {
    const { body } = await upload({ purpose: "assistants", file: new File(["0123456789"], "é.html") });
    path = `/v1/files/${String(body.id)}/content`;
    tag = (await app.call("HEAD", path)).headers.get("etag") ?? "";
  });

  test("is the bytes, to be saved and not shown", async () => {
    const { status, body, headers } = await app.call("GET", path);
    expect([status, body]).toEqual([200, "0123456789"]);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-type": "application/octet-stream",
      "content-length": "10",
      "content-disposition": "attachment; filename=\"_.html\"; filename*=UTF-8''%C3%A9.html",
      "x-content-type-options": "nosniff",
      "accept-ranges": "bytes",
      etag: expect.stringMatching(/^"[0-9a-f]{64}"$/),
    });
    expect(app.log()).toMatch(/"file_id":"file-[^"]*","bytes":10/);
  });

  test("answers HEAD with the same head and no body", async () => {
    const [head, get] = [await app.call("HEAD", path), await app.call("GET", path)];
    const shown = ({ headers }: typeof head) =>
      [...headers].filter(([name]) => !["x-request-id", "openai-processing-ms"].includes(name));
    expect([head.status, head.body, shown(head)]).toEqual([200, "", shown(get)]);
  });

  test.for([
    ["bytes=2-4", "234", "bytes 2-4/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=-2", "89", "bytes 8-9/10"],
  ])("a range, %s, is a 206", async ([range, expected, contentRange]) => {
    const { status, body, headers } = await app.call("GET", path, undefined, { range: range ?? "" });
    expect([status, body]).toEqual([206, expected]);
    expect([headers.get("content-range"), headers.get("content-length")]).toEqual([
      contentRange,
      String(expected?.length),
    ]);
  });

  test("a range of which there is nothing is a 416", async () => {
    const answer = await app.call("GET", path, undefined, { range: "bytes=10-" });
    expect(answer).toMatchObject({ status: 416, body: { error: { code: "range_not_satisfiable" } } });
    expect(answer.headers.get("content-range")).toBe("bytes */10");
  });

  test("a range counts for the content that If-Range names, and for no other", async () => {
    const ask = (ifRange: string) =>
      app.call("GET", path, undefined, { range: "bytes=0-0", "if-range": ifRange });
    expect(await ask(tag)).toMatchObject({ status: 206, body: "0" });
    expect(await ask('"other"')).toMatchObject({ status: 200, body: "0123456789" });
  });

  test("who has it gets a 304", async () => {
    const same = await app.call("GET", path, undefined, { "if-none-match": `"x", ${tag}` });
    expect([same.status, same.body, same.headers.get("etag")]).toEqual([304, "", tag]);
    expect((await app.call("GET", path, undefined, { "if-none-match": '"x"' })).status).toBe(200);
  });

  test("is a 404 for a file that there is not", async () => {
    expect((await app.call("GET", "/v1/files/file-x/content")).status).toBe(404);
  });
});
