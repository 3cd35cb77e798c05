import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import type { AppEnv } from "../context.ts";
import { renderError } from "../render-error.ts";
import { tooLarge } from "../too-large.ts";
import { type FileReceiver, readForm } from "./read-form.ts";

const options = { fileField: "file", maxBytes: 200_000_000 };
const boundary = "boundary42";
const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };

const filePart = (content: string, disposition = 'name="file"; filename="a.txt"') =>
  `--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\ncontent-type: text/plain\r\n\r\n${content}\r\n`;
const field = (name: string, value: string) =>
  `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const end = `--${boundary}--\r\n`;

const toHex: FileReceiver<string> = async (content) => {
  const hash = createHash("sha256");
  for await (const chunk of content) hash.update(chunk);
  return hash.digest("hex");
};

const toText: FileReceiver<string> = async (content) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks).toString("latin1");
};

async function read(body: RequestInit["body"], init: RequestInit = {}, receive = toText) {
  const app = new Hono<AppEnv>();
  app.onError(renderError);
  app.post("/", async (c) => c.json(await readForm(c, options, receive)));
  const response = await app.request("/", {
    method: "POST",
    headers,
    body,
    duplex: "half",
    ...init,
  } as RequestInit);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** A body that is sent in chunks of `size` bytes. */
function inChunks(text: string, size: number): ReadableStream<Uint8Array> {
  const bytes = Buffer.from(text, "latin1");
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(new Uint8Array(bytes.subarray(at, at + size)));
      at += size;
    },
  });
}

const errorOf = (answer: { body: Record<string, unknown> }) => answer.body.error as Record<string, unknown>;

describe("reading a form", () => {
  test.for([1, 2, 3, 7, 13, 64, 100_000])(
    "the same comes out whatever the chunks are: %i bytes",
    async (size) => {
      const content = `line\r\n--${boundary.slice(0, -1)}\r\n--\r\n\r\n-\0\xff`;
      const form = field("purpose", "assistants") + filePart(content) + field("more[a]", "1") + end;
      const answer = await read(inChunks(form, size));
      expect(answer.body).toEqual({
        fields: { purpose: "assistants", more: { a: "1" } },
        filename: "a.txt",
        received: content,
      });
    },
  );

  test("the file may come first and may be empty", async () => {
    const { body } = await read(filePart("") + field("purpose", "vision") + end);
    expect(body).toEqual({ fields: { purpose: "vision" }, filename: "a.txt", received: "" });
  });

  test("what a browser's FormData makes is read", async () => {
    const form = new FormData();
    form.set("expires_after[anchor]", "created_at");
    form.set("expires_after[seconds]", "3600");
    form.set("file", new File(["héllo"], 'na"ïve 日本.txt'));
    form.set("note", "grün");
    const { body } = await read(form, { headers: {} });
    expect(body).toMatchObject({
      fields: { expires_after: { anchor: "created_at", seconds: "3600" }, note: "grün" },
      filename: "na%22ïve 日本.txt",
      received: Buffer.from("héllo").toString("latin1"),
    });
  });

  test.for([
    ['name="file"; filename="plain.txt"', "plain.txt"],
    ['name="file"; filename="x"; filename*=UTF-8\'\'na%C3%AFve.txt', "naïve.txt"],
    ["name=file; filename*=utf-8'en'%e2%82%ac.txt; filename=x", "€.txt"],
    ['name="file"; filename="bad"; filename*=UTF-8\'\'%zz', "bad"],
    ['name="file"; filename="with \\"quotes\\" ; and more"', 'with "quotes" ; and more'],
    ['name="file"; filename="C:\\dir\\a.txt"', "C:\\dir\\a.txt"],
    ['NAME="file" ; FileName=a.txt ;', "a.txt"],
    ['name="file"; filename="latin\xe9.txt"', "latiné.txt"],
  ] as const)("of %s the filename is %s", async ([disposition, filename]) => {
    const answer = await read(inChunks(filePart("x", disposition) + end, 1000));
    expect(answer.body).toMatchObject({ filename, received: "x" });
  });

  test("bytes without a filename are a file all the same", async () => {
    const part = `--${boundary}\r\ncontent-disposition: form-data; name="file"\r\ncontent-type: application/octet-stream\r\n\r\nx\r\n`;
    expect((await read(part + end)).body).toEqual({ fields: {}, received: "x" });
  });

  test("what stands before the first and after the last boundary does not matter", async () => {
    const answer = await read(`preamble\r\n${filePart("x")}${end}epilogue${"-".repeat(200_000)}`);
    expect(answer.body).toMatchObject({ received: "x" });
  });
});

/** A body that is sent in pieces of these sizes, the last one again and again. */
function inPieces(bytes: Uint8Array, sizes: readonly number[]): ReadableStream<Uint8Array> {
  let at = 0;
  let turn = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      const size = sizes[Math.min(turn++, sizes.length - 1)] ?? 1;
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

describe("a form comes to its end", () => {
  /** Begins to read only when several turns of the loop have passed. */
  const late: FileReceiver<number> = async (content) => {
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    let size = 0;
    for await (const chunk of content) size += chunk.byteLength;
    return size;
  };

  async function expectWhole(size: number, sizes: readonly number[], epilogue = 0): Promise<void> {
    const form = Buffer.from(filePart("x".repeat(size)) + end + "y".repeat(epilogue), "latin1");
    const answer = await read(inPieces(form, sizes), {}, late as unknown as FileReceiver<string>);
    expect(answer.body, `${size} bytes in ${sizes} with ${epilogue} behind`).toMatchObject({
      received: size,
    });
  }

  test.each([
    [130_000, [30_000, 60_000, 40_000], 0],
    [105_000, [40_000, 65_536], 0],
    [66_000, [65_536, 71_000], 70_000],
    [65_400, [65_536], 100],
  ])("of %i bytes in pieces of %j, %i bytes behind it", (size, sizes, epilogue) =>
    expectWhole(size, sizes, epilogue),
  );

  test("whatever the sizes of its pieces are, and however late it is read", async () => {
    const piece = fc.integer({ min: 500, max: 140_000 });
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 300_000 }),
        fc.array(piece, { minLength: 1, maxLength: 5 }),
        fc.nat({ max: 80_000 }),
        expectWhole,
      ),
      { numRuns: 60 },
    );
  });
});

describe("a form that cannot be read", () => {
  test.for([
    ["a JSON body", "{}", { "content-type": "application/json" }, "unsupported_content_type"],
    ["no content type", "x", { "content-type": "" }, "unsupported_content_type"],
    ["no boundary", "x", { "content-type": "multipart/form-data" }, "invalid_multipart"],
    [
      "a long boundary",
      "x",
      { "content-type": `multipart/form-data; boundary=${"b".repeat(71)}` },
      "invalid_multipart",
    ],
    ["a compressed body", "x", { ...headers, "content-encoding": "gzip" }, "unsupported_content_encoding"],
    ["another boundary", (filePart("x") + end).replaceAll(boundary, "other"), headers, "invalid_multipart"],
    ["no closing boundary", filePart("x"), headers, "invalid_multipart"],
    ["a file that breaks off", filePart("x").slice(0, -4), headers, "invalid_multipart"],
    [
      "a header that breaks off",
      `--${boundary}\r\ncontent-disposition: form-da`,
      headers,
      "invalid_multipart",
    ],
    [
      "a part without header",
      `--${boundary}\r\n\r\nx\r\n${filePart("x")}${end}`,
      headers,
      "invalid_multipart",
    ],
    [
      "a part without end of header",
      `--${boundary}\r\nx\r\n${filePart("x")}${end}`,
      headers,
      "invalid_multipart",
    ],
    [
      "a part of another disposition",
      filePart("x").replace("form-data", "inline") + end,
      headers,
      "invalid_multipart",
    ],
    ["a part without name", filePart("x", 'filename="a"') + end, headers, "invalid_multipart"],
    [
      "a disposition with a name twice",
      filePart("x", 'name="file"; name="b"') + end,
      headers,
      "invalid_multipart",
    ],
    ["nothing", "", headers, "invalid_multipart"],
  ] as const)("%s is a 400", async ([, body, sent, code]) => {
    const answer = await read(inChunks(body, 10), { headers: sent });
    expect([answer.status, errorOf(answer)]).toEqual([400, expect.objectContaining({ code })]);
  });

  test("no body at all is a 400", async () => {
    expect((await read(null)).status).toBe(400);
  });
});

describe("a form that says something else than a file", () => {
  test.for([
    ["no file", field("purpose", "vision"), "missing_required_parameter", "file"],
    ["no part at all", "", "missing_required_parameter", "file"],
    ["a file as text", field("file", "a.txt"), "missing_required_parameter", "file"],
    ["two files", filePart("x") + filePart("y"), "invalid_value", "file"],
    ["a file elsewhere", filePart("x", 'name="data"; filename="a"'), "missing_required_parameter", "file"],
    ["a field twice", filePart("x") + field("a", "1") + field("a", "2"), "invalid_value", "a"],
  ] as const)("%s is a 422", async ([, parts, code, param]) => {
    const answer = await read(inChunks(parts + end, 50));
    expect([answer.status, errorOf(answer)]).toEqual([422, expect.objectContaining({ code, param })]);
  });
});

describe("a form that asks too much", () => {
  test.for([
    ["10,000 fields", filePart("x") + Array.from({ length: 10_000 }, (_, i) => field(`f${i}`, "v")).join("")],
    ["a huge field", field("purpose", "v".repeat(20_000))],
    ["endless headers", `--${boundary}\r\n${"x-header: value\r\n".repeat(100_000)}\r\n\r\n`],
    ["an endless preamble", `${"-".repeat(2_000_000)}\r\n`],
    ["an endless epilogue", `${filePart("x")}${end}${"-".repeat(2_000_000)}`],
  ] as const)("%s is a 413", async ([, parts]) => {
    const answer = await read(inChunks(parts + end, 65_536));
    expect([answer.status, errorOf(answer)]).toEqual([
      413,
      expect.objectContaining({ code: "request_too_large" }),
    ]);
  });

  test("a form that announces more than the receiver takes is refused unread", async () => {
    const sent = { ...headers, "content-length": "300000000" };
    const body = new ReadableStream({
      pull: () => {
        throw new Error("was read");
      },
    });
    expect((await read(body, { headers: sent })).status).toBe(413);
  });

  test("a hundred thousand parts in one chunk end at the hundredth", async () => {
    const parts = Array.from({ length: 100_000 }, (_, i) => field(`f${i}`, "v")).join("");
    expect((await read(parts + end)).status).toBe(413);
  });
});

describe("the content of a file", () => {
  /** A form whose file is `chunks` chunks of 64 KiB; `ahead` is how much was sent and not yet received, at most. */
  function largeForm(chunks: number) {
    const block = new Uint8Array(65_536).fill(97);
    const counts = { sent: 0, received: 0, ahead: 0 };
    let at = -1;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          at++;
          if (at === 0) return controller.enqueue(Buffer.from(filePart("").slice(0, -2)));
          if (at <= chunks) {
            counts.sent += block.byteLength;
            counts.ahead = Math.max(counts.ahead, counts.sent - counts.received);
            return controller.enqueue(block);
          }
          controller.enqueue(Buffer.from(`\r\n${field("purpose", "batch")}${end}`));
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    return { body, counts };
  }

  test("goes through without being held: of 100 MB a few chunks at a time", async () => {
    const { body, counts } = largeForm(1600);
    const answer = await read(body, {}, async (content) => {
      for await (const chunk of content) {
        counts.received += chunk.byteLength;
        // A receiver slower than the sender, at times.
        if (counts.received % 1_048_576 === 0) await new Promise(setImmediate);
      }
      return String(counts.received);
    });
    expect(answer.body).toMatchObject({ received: String(1600 * 65_536), fields: { purpose: "batch" } });
    expect(counts.ahead).toBeLessThan(1024 * 1024);
  });

  test("is what was sent", async () => {
    const { body } = largeForm(20);
    const expected = createHash("sha256")
      .update("a".repeat(20 * 65_536))
      .digest("hex");
    expect((await read(body, {}, toHex)).body).toMatchObject({ received: expected });
  });

  test("does not end before the whole form is known to be well", async () => {
    let ended = false;
    const answer = await read(filePart("x") + field("a", "1"), {}, async (content) => {
      for await (const _chunk of content);
      ended = true;
      return "";
    });
    expect([answer.status, ended]).toEqual([400, false]);
  });

  test("a receiver that refuses ends the reading at once", async () => {
    const { body, counts } = largeForm(1000);
    const answer = await read(body, {}, async (content) => {
      for await (const chunk of content) {
        counts.received += chunk.byteLength;
        if (counts.received > 300_000) throw new Error("full");
      }
      return "";
    });
    expect(answer.status).toBe(500);
    expect(counts.sent).toBeLessThan(1_000_000);
  });

  test.for([
    ["and says so at once", 100_000, 0, 1600],
    ["and takes its time to say so", 100_000, 20, 1600],
    ["in its last chunk", 65_536, 20, 1],
    ["without having read any of it", -1, 20, 1600],
  ] as const)(
    "a receiver's own refusal is the answer where it leaves %s",
    async ([, most, ticks, chunks]) => {
      const { body, counts } = largeForm(chunks);
      const answer = await read(body, {}, async (content) => {
        const iterator = content[Symbol.asyncIterator]();
        while (counts.received < most) {
          const next = await iterator.next();
          counts.received += next.done ? 0 : next.value.byteLength;
        }
        await iterator.return?.();
        for (let n = 0; n < ticks; n++) await new Promise(setImmediate);
        throw tooLarge(most, "The content");
      });
      const error = { code: "request_too_large", message: expect.stringContaining(`The content is`) };
      expect([answer.status, errorOf(answer)]).toEqual([413, expect.objectContaining(error)]);
      expect(counts.sent).toBeLessThan(1_000_000);
    },
  );

  test("what a receiver that is content leaves unread is read past", async () => {
    const { body } = largeForm(10);
    const answer = await read(body, {}, async (content) => {
      for await (const _chunk of content) break;
      await new Promise(setImmediate);
      return "enough";
    });
    expect(answer.body).toMatchObject({ received: "enough", fields: { purpose: "batch" } });
  });

  test("a receiver that refuses while the client says nothing ends it, too", async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Buffer.from(filePart("x").slice(0, -2))),
      cancel: () => {
        cancelled = true;
      },
    });
    const answer = await read(body, {}, async () => {
      throw new Error("full");
    });
    expect([answer.status, cancelled]).toEqual([500, true]);
  });

  test("a client that leaves makes it throw, and the receiver is over before the answer is", async () => {
    const leave = new AbortController();
    const arrived = Promise.withResolvers<void>();
    const left: string[] = [];
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Buffer.from(filePart("x".repeat(1000)))),
    });
    const app = new Hono<AppEnv>();
    app.onError(renderError);
    app.post("/", async (c) => {
      const receive: FileReceiver<string> = async (content, signal) => {
        try {
          for await (const _chunk of content) arrived.resolve();
          return "";
        } catch (error) {
          await new Promise(setImmediate);
          left.push(signal.aborted ? "aborted" : "not aborted");
          throw error;
        }
      };
      return c.json(await readForm(c, options, receive));
    });
    const init = { method: "POST", headers, body, duplex: "half", signal: leave.signal } as RequestInit;
    const answer = app.request(new Request("http://x/", init));
    await arrived.promise;
    leave.abort();
    expect((await answer).status).toBe(499);
    expect(left).toEqual(["aborted"]);
  });

  test("a body that breaks makes it throw", async () => {
    const seen: unknown[] = [];
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Buffer.from(filePart("x").slice(0, -2))),
      pull: (controller) => controller.error(new Error("reset")),
    });
    const answer = await read(body, {}, async (content) => {
      try {
        for await (const _chunk of content);
      } catch (error) {
        seen.push(error);
        throw error;
      }
      return "";
    });
    expect([answer.status, seen.length]).toEqual([400, 1]);
  });
});
