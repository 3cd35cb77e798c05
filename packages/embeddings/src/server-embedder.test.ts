import { ApiError } from "@gateway/protocol";
import { waitFor } from "@gateway/testkit";
import { expect, test } from "vitest";
import {
  type EmbeddingAnswer,
  type EmbeddingRequest,
  lengthVectors,
  startEmbeddingServer,
} from "./scripted-embedding-server.ts";
import { openServerEmbedder, type ServerEmbedderOptions } from "./server-embedder.ts";

const never = new AbortController().signal;
const key = "sk-very-secret";

/** Runs a body with a scripted server and an embedder of it. */
async function withServer(
  script: (request: EmbeddingRequest, turn: number) => EmbeddingAnswer | Promise<EmbeddingAnswer>,
  body: (part: {
    embed(texts: string[], kind?: "document" | "query", signal?: AbortSignal): Promise<Float32Array[]>;
    requests: EmbeddingRequest[];
    model: string;
  }) => Promise<void>,
  options: Partial<ServerEmbedderOptions> = {},
) {
  await using server = await startEmbeddingServer(script);
  const embedder = openServerEmbedder({ name: "srv", url: server.url, key, model: "m", ...options });
  try {
    await body({
      embed: (texts, kind = "query", signal = never) => embedder.embed(texts, kind, signal),
      requests: server.requests,
      model: embedder.model,
    });
  } finally {
    await embedder.close();
  }
}

const failure = (status: number, message: string, headers: Record<string, string> = {}): EmbeddingAnswer => ({
  status,
  headers,
  body: { error: { message, type: "t", param: null, code: null } },
});

test("texts are sent as OpenAI's embeddings request and the vectors come back in order", async () => {
  await withServer(
    ({ body }) => lengthVectors(body.input),
    async ({ embed, requests, model }) => {
      expect((await embed(["a", "bbb"])).map((vector) => vector[0])).toEqual([1, 3]);
      expect(requests).toEqual([
        {
          path: "/v1/embeddings",
          authorization: `Bearer ${key}`,
          body: { model: "m", input: ["a", "bbb"], encoding_format: "float" },
        },
      ]);
      expect(model).toBe("srv/m");
    },
  );
});

test("many texts are sent in batches", async () => {
  const texts = Array.from({ length: 70 }, (_, at) => "x".repeat(at + 1));
  await withServer(
    ({ body }) => lengthVectors(body.input),
    async ({ embed, requests }) => {
      expect((await embed(texts)).map((vector) => vector[0])).toEqual(texts.map((text) => text.length));
      expect(requests.map(({ body }) => body.input.length)).toEqual([32, 32, 6]);
    },
  );
});

test("batches whose vectors differ in length are refused", async () => {
  await withServer(
    ({ body }, turn) => lengthVectors(body.input, 3 + turn),
    async ({ embed }) => {
      await expect(embed(["a", "b"])).rejects.toMatchObject({ code: "upstream_garbage", status: 500 });
    },
    { batchSize: 1 },
  );
});

test.each([
  [429, "slow down"],
  [500, "broken"],
  [503, "busy"],
])("status %i is asked again until it works", async (status, message) => {
  await withServer(
    ({ body }, turn) => (turn < 2 ? failure(status, message) : lengthVectors(body.input)),
    async ({ embed, requests }) => {
      expect(await embed(["a"])).toHaveLength(1);
      expect(requests).toHaveLength(3);
    },
  );
});

test("three failures are told with what the server said", async () => {
  await withServer(
    () => failure(500, "out of memory"),
    async ({ embed, requests }) => {
      await expect(embed(["a"])).rejects.toMatchObject({ code: "upstream_error", message: /out of memory/ });
      expect(requests).toHaveLength(3);
    },
  );
});

test("a Retry-After is waited out", async () => {
  const times: number[] = [];
  await withServer(
    ({ body }, turn) => {
      times.push(performance.now());
      return turn === 0 ? failure(429, "wait", { "retry-after-ms": "1000" }) : lengthVectors(body.input);
    },
    async ({ embed }) => {
      await embed(["a"]);
      expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(950);
    },
  );
});

test("a long Retry-After is waited out for documents and told to whoever waits for a query", async () => {
  await withServer(
    ({ body }, turn) =>
      turn % 2 === 0 ? failure(429, "wait", { "retry-after": "3" }) : lengthVectors(body.input),
    async ({ embed, requests }) => {
      expect(await embed(["a"], "document")).toHaveLength(1);
      expect(requests).toHaveLength(2);
      await expect(embed(["a"], "query")).rejects.toMatchObject({ status: 429, retryAfter: 3 });
      expect(requests).toHaveLength(3);
    },
  );
});

test("a Retry-After beyond all patience is told at once", async () => {
  await withServer(
    () => failure(429, "wait", { "retry-after": "3600" }),
    async ({ embed, requests }) => {
      await expect(embed(["a"], "document")).rejects.toMatchObject({ status: 429, retryAfter: 3600 });
      expect(requests).toHaveLength(1);
    },
  );
});

test.each([401, 403])("status %i is a matter of the key, which is not shown", async (status) => {
  await withServer(
    () => failure(status, `bad key ${key}`),
    async ({ embed, requests }) => {
      const error = await embed(["a", "b"]).catch((thrown: unknown) => thrown as ApiError);
      expect(error).toMatchObject({ status: 500, code: "upstream_auth" });
      expect(JSON.stringify([error, String((error as ApiError).cause)])).not.toContain(key);
      expect(requests).toHaveLength(1);
    },
  );
});

test("a model that the server does not have is told without trying the texts one by one", async () => {
  await withServer(
    () => failure(404, "model 'm' not found, try pulling it first"),
    async ({ embed, requests }) => {
      await expect(embed(["a", "b"])).rejects.toMatchObject({
        status: 500,
        code: "embedding_failed",
        message: /'srv'.*status 404.*try pulling it first/,
      });
      expect(requests).toHaveLength(1);
    },
  );
});

test("a refusal is told with the server's words, without the key", async () => {
  await withServer(
    () => failure(422, `no input for ${key}`),
    async ({ embed }) => {
      await expect(embed(["abc"])).rejects.toMatchObject({
        status: 500,
        code: "embedding_refused",
        message:
          "The embedding server 'srv' refused text 1 of 1, which has 3 characters (status 422): no input for ***",
      });
    },
  );
});

test.each([400, 413, 422])(
  "a batch refused with status %i for its size is sent in halves",
  async (status) => {
    await withServer(
      ({ body }) => (body.input.length > 2 ? failure(status, "batch too large") : lengthVectors(body.input)),
      async ({ embed, requests }) => {
        const vectors = await embed(["a", "bb", "ccc", "dddd", "eeeee"]);
        expect(vectors.map((vector) => vector[0])).toEqual([1, 2, 3, 4, 5]);
        expect(requests.map(({ body }) => body.input.length)).toEqual([5, 3, 2, 1, 2]);
      },
    );
  },
);

test.each([
  [413, "Payload Too Large"],
  [400, "This model's maximum context length is 8 tokens"],
  [500, "input (900 tokens) is too large to process. increase the physical batch size"],
])("the one text that is refused (status %i, %s) is named", async (status, message) => {
  const texts = ["a", "b", "c".repeat(50), "d"];
  await withServer(
    ({ body }) =>
      body.input.some((text) => text.length > 9) ? failure(status, message) : lengthVectors(body.input),
    async ({ embed }) => {
      await expect(embed(texts)).rejects.toMatchObject({
        status: 500,
        code: "embedding_refused",
        message: expect.stringMatching(/text 3 of 4, which has 50 characters/),
      });
      await expect(embed(texts)).rejects.toThrow(message);
    },
  );
});

test("an answer that is none is told", async () => {
  await withServer(
    () => ({ body: "<html>Welcome</html>", headers: { "content-type": "text/html" } }),
    async ({ embed }) => {
      await expect(embed(["a"])).rejects.toMatchObject({ code: "upstream_garbage", message: /web page/ });
    },
  );
});

test("a server that cannot be reached is told", async () => {
  const server = await startEmbeddingServer(({ body }) => lengthVectors(body.input));
  await server[Symbol.asyncDispose]();
  const embedder = openServerEmbedder({ name: "srv", url: server.url, model: "m" });
  await expect(embedder.embed(["a"], "query", never)).rejects.toMatchObject({
    status: 500,
    code: "upstream_unreachable",
    message: /'srv'/,
  });
  await embedder.close();
});

test("a server that does not answer is given up after the time limit", async () => {
  await withServer(
    () => new Promise(() => {}),
    async ({ embed }) => {
      await expect(embed(["a"])).rejects.toMatchObject({ code: "upstream_timeout" });
    },
    { timeouts: { firstByte: 100 } },
  );
});

test("an aborted call rejects with the signal's reason and ends the request", async () => {
  const controller = new AbortController();
  const reason = new Error("changed my mind");
  await withServer(
    () => new Promise(() => {}),
    async ({ embed, requests }) => {
      const call = embed(["a"], "document", controller.signal);
      const outcome = expect(call).rejects.toBe(reason);
      await waitFor(() => requests.length === 1, { what: "the request" });
      controller.abort(reason);
      await outcome;
    },
  );
});

test("an abort ends the wait for a Retry-After", async () => {
  const controller = new AbortController();
  await withServer(
    () => failure(429, "wait", { "retry-after": "20" }),
    async ({ embed, requests }) => {
      const outcome = expect(embed(["a"], "document", controller.signal)).rejects.toMatchObject({
        name: "AbortError",
      });
      await waitFor(() => requests.length === 1, { what: "the request" });
      controller.abort();
      await outcome;
    },
  );
});

test("closing ends the calls under way", async () => {
  await using server = await startEmbeddingServer(() => new Promise(() => {}));
  const embedder = openServerEmbedder({ name: "srv", url: server.url, model: "m" });
  const outcome = expect(embedder.embed(["a"], "query", never)).rejects.toBeInstanceOf(ApiError);
  await waitFor(() => server.requests.length === 1, { what: "the request" });
  await embedder.close();
  await outcome;
});

test("a URL of another protocol is refused at once", () => {
  expect(() => openServerEmbedder({ name: "srv", url: "ftp://host/v1", model: "m" })).toThrow(TypeError);
});
