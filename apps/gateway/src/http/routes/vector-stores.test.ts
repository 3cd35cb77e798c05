import { beforeEach, describe, expect, test } from "vitest";
import { sampleBatch, sampleFile, sampleStore } from "../../testing/fake-stores.ts";
import { openTestApp, type TestApp } from "../../testing/test-app.ts";

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
});

const store = "/v1/vector_stores/vs_1";

/** Method, path and body of a call, and what the vector stores are asked then. */
const done: [string, string, unknown, unknown[], unknown][] = [
  ["POST", "/v1/vector_stores", { name: "n" }, ["create", "default", { name: "n" }], sampleStore],
  ["POST", "/v1/vector_stores", undefined, ["create", "default", {}], sampleStore],
  ["GET", store, undefined, ["get", "default", "vs_1"], sampleStore],
  ["POST", store, { name: null }, ["update", "default", "vs_1", { name: null }], sampleStore],
  [
    "PUT",
    store,
    { metadata: { a: "b" } },
    ["update", "default", "vs_1", { metadata: { a: "b" } }],
    sampleStore,
  ],
  [
    "DELETE",
    store,
    undefined,
    ["delete", "default", "vs_1"],
    { id: "vs_1", object: "vector_store.deleted", deleted: true },
  ],
  [
    "POST",
    `${store}/files`,
    { file_id: "file-1" },
    ["attach", "default", "vs_1", { file_id: "file-1" }],
    sampleFile,
  ],
  ["GET", `${store}/files/file-1`, undefined, ["getFile", "default", "vs_1", "file-1"], sampleFile],
  [
    "POST",
    `${store}/files/file-1`,
    { attributes: { a: 1 } },
    ["setAttributes", "default", "vs_1", "file-1", { attributes: { a: 1 } }],
    sampleFile,
  ],
  [
    "DELETE",
    `${store}/files/file-1`,
    undefined,
    ["detach", "default", "vs_1", "file-1"],
    { id: "file-1", object: "vector_store.file.deleted", deleted: true },
  ],
  [
    "GET",
    `${store}/files/file-1/content`,
    undefined,
    ["fileText", "default", "vs_1", "file-1"],
    {
      object: "vector_store.file_content.page",
      data: [{ type: "text", text: "the text" }],
      has_more: false,
      next_page: null,
    },
  ],
  [
    "POST",
    `${store}/file_batches`,
    { file_ids: ["file-1"] },
    ["createBatch", "default", "vs_1", { file_ids: ["file-1"] }],
    sampleBatch,
  ],
  [
    "GET",
    `${store}/file_batches/vsfb_1`,
    undefined,
    ["getBatch", "default", "vs_1", "vsfb_1"],
    { ...sampleBatch, status: "completed" },
  ],
  [
    "POST",
    `${store}/file_batches/vsfb_1/cancel`,
    undefined,
    ["cancelBatch", "default", "vs_1", "vsfb_1"],
    { ...sampleBatch, status: "cancelled" },
  ],
];

describe("vector stores", () => {
  test.for(done)("%s %s %j", async ([method, path, body, call, expected]) => {
    const answer = await app.call(method, path, body);
    expect([answer.status, answer.body]).toEqual([200, expected]);
    expect(app.calls).toEqual([call]);
  });

  test.for([
    ["/v1/vector_stores", "list", []],
    [`${store}/files`, "listFiles", ["vs_1"]],
    [`${store}/file_batches/vsfb_1/files`, "listBatchFiles", ["vs_1", "vsfb_1"]],
  ] as const)("GET %s is a list, paged both ways", async ([path, method, ids]) => {
    // Clients that turn the pages of a list that has a `before` send both.
    for (const cursors of [{ before: "x" }, { after: "y" }, { before: "x", after: "y" }]) {
      const sent = new URLSearchParams({ limit: "7", order: "asc", ...cursors });
      const { status, body } = await app.call("GET", `${path}?${sent}`);
      const [id] = [body.data[0].id];
      expect([status, body]).toEqual([
        200,
        {
          object: "list",
          data: [expect.anything()],
          first_id: id,
          last_id: id,
          has_more: expect.any(Boolean),
        },
      ]);
      const query = { limit: 7, order: "asc", ...cursors };
      expect(app.calls.pop()).toEqual([method, "default", ...ids, query]);
    }
  });

  test("lists of files are of one status if asked", async () => {
    await app.call("GET", `${store}/files?filter=failed`);
    expect(app.calls[0]?.[3]).toMatchObject({ filter: "failed" });
  });

  test("what is in progress tells when to ask again, and what is done does not", async () => {
    const after = async (method: string, path: string, body?: unknown) =>
      (await app.call(method, path, body, { "x-stainless-poll-helper": "true" })).headers.get(
        "openai-poll-after-ms",
      );
    expect(await after("GET", `${store}/files/file-1`)).toBe("500");
    expect(await after("GET", store)).toBe("500");
    expect(await after("POST", `${store}/file_batches`, { file_ids: ["a"] })).toBe("500");
    expect(await after("GET", `${store}/file_batches/vsfb_1`)).toBeNull();
  });

  test.for([
    ["GET", "/v1/vector_stores/vs_x", undefined],
    ["POST", "/v1/vector_stores/vs_x/search", { query: "q" }],
    ["POST", "/v1/vector_stores/vs_x/files", { file_id: "f" }],
    ["GET", "/v1/vector_stores/vs_x/files", undefined],
    ["DELETE", "/v1/vector_stores/vs_x", undefined],
  ] as const)("%s %s is a 404", async ([method, path, body]) => {
    expect((await app.call(method, path, body)).status).toBe(404);
  });

  test("another tenant's store is a 404", async () => {
    const hash = "sha256:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
    app = await openTestApp({ auth: { keys: [{ id: "alice", hash }] } });
    const headers = { authorization: "Bearer secret" };
    expect((await app.call("GET", store, undefined, headers)).status).toBe(404);
    expect((await app.call("GET", store)).status).toBe(401);
  });
});

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, "v"]));
const chunks = (size: number, overlap: number) => ({
  type: "static",
  static: { max_chunk_size_tokens: size, chunk_overlap_tokens: overlap },
});
const overlap = "chunking_strategy.static.chunk_overlap_tokens";

/** Method, path and body of a call that is a 422, and the field that is named. */
const refused: [string, string, unknown, string][] = [
  ["POST", "/v1/vector_stores", { name: "x".repeat(257) }, "name"],
  ["POST", "/v1/vector_stores", { file_ids: "file-1" }, "file_ids"],
  ["POST", "/v1/vector_stores", { metadata: many(17) }, "metadata"],
  [
    "POST",
    "/v1/vector_stores",
    { expires_after: { anchor: "last_active_at", days: 0 } },
    "expires_after.days",
  ],
  ["POST", "/v1/vector_stores", { chunking_strategy: { type: "other" } }, "chunking_strategy.type"],
  ["POST", "/v1/vector_stores", { chunking_strategy: chunks(800, 401) }, overlap],
  [
    "POST",
    "/v1/vector_stores",
    { chunking_strategy: chunks(99, 0) },
    "chunking_strategy.static.max_chunk_size_tokens",
  ],
  ["PUT", store, { metadata: [] }, "metadata"],
  ["GET", "/v1/vector_stores?limit=101", undefined, "limit"],
  ["GET", `${store}/files?filter=done`, undefined, "filter"],
  ["GET", `${store}/files?limit=0`, undefined, "limit"],
  ["POST", `${store}/files`, {}, "file_id"],
  ["POST", `${store}/files`, { file_id: "f", attributes: many(17) }, "attributes"],
  ["POST", `${store}/files`, { file_id: "f", attributes: { a: null } }, "attributes.a"],
  ["POST", `${store}/files`, { file_id: "f", chunking_strategy: chunks(800, 500) }, overlap],
  ["POST", `${store}/files/file-1`, {}, "attributes"],
  ["POST", `${store}/file_batches`, {}, "file_ids"],
  ["POST", `${store}/file_batches`, { file_ids: ["a"], files: [{ file_id: "a" }] }, "file_ids"],
  ["POST", `${store}/file_batches`, { files: [{ file_id: "a" }, {}] }, "files[1].file_id"],
  ["POST", `${store}/file_batches`, { file_ids: [] }, "file_ids"],
  ["POST", `${store}/search`, {}, "query"],
  ["POST", `${store}/search`, { query: [] }, "query"],
  ["POST", `${store}/search`, { query: "q", max_num_results: 51 }, "max_num_results"],
  ["POST", `${store}/search`, { query: "q", filters: { type: "like", key: "a", value: 1 } }, "filters.type"],
  ["POST", `${store}/search`, { query: "q", filters: { type: "eq", key: "a" } }, "filters.value"],
  [
    "POST",
    `${store}/search`,
    { query: "q", filters: { type: "and", filters: [{ type: "gt", key: "a", value: true }] } },
    "filters.filters[0].value",
  ],
  [
    "POST",
    `${store}/search`,
    { query: "q", ranking_options: { score_threshold: 2 } },
    "ranking_options.score_threshold",
  ],
  ["POST", `${store}/search`, { query: "q", ranking_options: { ranker: "best" } }, "ranking_options.ranker"],
];

describe("a malformed call", () => {
  test.for(refused)("%s %s %j is a 422 at %s", async ([method, path, body, param]) => {
    const answer = await app.call(method, path, body);
    expect(answer).toMatchObject({ status: 422, body: { error: { type: "invalid_request_error", param } } });
    expect(app.calls).toEqual([]);
  });
});

describe("POST /v1/vector_stores/{id}/search", () => {
  const found = {
    file_id: "file-1",
    filename: "a.txt",
    score: 0.5,
    attributes: { lang: "en" },
    content: [{ type: "text", text: "found" }],
  };

  test.for([["one"], [["one", "two"]]])("answers with a page: %j", async ([query]) => {
    const { body } = await app.call("POST", `${store}/search`, { query });
    expect(body).toEqual({
      object: "vector_store.search_results.page",
      search_query: [query].flat(),
      data: [found],
      has_more: false,
      next_page: null,
    });
    expect(app.log()).toContain('"results":1');
  });

  test("hands the filter on as it is", async () => {
    const filters = { type: "or", filters: [{ type: "in", key: "lang", value: ["en", "de"] }] };
    await app.call("POST", `${store}/search`, { query: "q", filters, max_num_results: 3 });
    expect(app.calls[0]?.[3]).toEqual({ query: "q", filters, max_num_results: 3 });
  });

  test("names what has no effect, or refuses it where that is asked", async () => {
    const body = { query: "q", rewrite_query: true };
    const answer = await app.call("POST", `${store}/search`, body);
    expect([answer.status, answer.headers.get("x-gateway-ignored")]).toEqual([200, "rewrite_query"]);
    app = await openTestApp({ strict_params: true });
    expect(await app.call("POST", `${store}/search`, body)).toMatchObject({
      status: 422,
      body: { error: { param: "rewrite_query" } },
    });
  });
});
