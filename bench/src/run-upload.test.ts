import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { contentOf, runUpload } from "./run-upload.ts";

interface Seen {
  path: string;
  body: Buffer;
  length: number;
}

const seen: Seen[] = [];
let answer: (request: Seen) => object | undefined;
const server = createServer(async (request: IncomingMessage, response) => {
  const one = {
    path: request.url ?? "",
    body: await buffer(request),
    length: Number(request.headers["content-length"]),
  };
  seen.push(one);
  const body = answer(one);
  response.writeHead(body === undefined ? 413 : 200).end(JSON.stringify(body ?? { error: "too large" }));
});
let origin = "";

beforeEach(async () => {
  seen.length = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** The content of the file in a form, told by the lines around it. */
function fileIn({ body }: Seen): Buffer {
  const begin = body.indexOf("\r\n\r\n", body.indexOf("filename=")) + 4;
  return body.subarray(begin, body.lastIndexOf("\r\n--"));
}

describe("an upload", () => {
  test("at once is one form with the whole content, and its length is announced", async () => {
    answer = (request) => ({ id: "file_1", bytes: fileIn(request).length });
    const result = await runUpload({ origin, bytes: 600_000 });
    expect(result).toMatchObject({ file: "file_1" });
    expect(result.elapsed).toBeGreaterThan(0);
    expect(seen.map(({ path }) => path)).toEqual(["/v1/files"]);
    expect(seen[0]?.body.length).toBe(seen[0]?.length);
    expect(seen[0]?.body.toString("latin1")).toContain('name="purpose"\r\n\r\nuser_data\r\n');
  });

  test("in parts is announced, sent part by part and completed in their order", async () => {
    let parts = 0;
    answer = ({ path }) => {
      if (path === "/v1/uploads") return { id: "upload_1" };
      if (path.endsWith("/parts")) return { id: `part_${++parts}` };
      return { file: { id: "file_2", bytes: 250_000 } };
    };
    expect(await runUpload({ origin, bytes: 250_000, partBytes: 100_000 })).toMatchObject({ file: "file_2" });
    const sent = seen.filter(({ path }) => path === "/v1/uploads/upload_1/parts");
    expect(sent.map((part) => fileIn(part).length)).toEqual([100_000, 100_000, 50_000]);
    expect(seen.at(-1)).toMatchObject({ path: "/v1/uploads/upload_1/complete" });
    expect(JSON.parse(seen.at(-1)?.body.toString() ?? "")).toEqual({
      part_ids: ["part_1", "part_2", "part_3"],
    });
  });

  test("that is refused, or is not kept whole, is a result with the reason", async () => {
    answer = () => undefined;
    expect((await runUpload({ origin, bytes: 10 })).refused).toBe('status 413: {"error":"too large"}');
    answer = () => ({ id: "file_3", bytes: 9 });
    expect((await runUpload({ origin, bytes: 10 })).refused).toBe("the file has 9 bytes");
  });
});

test("content is made of the pieces in turn, to the byte", () => {
  const pieces = [Buffer.from("abc"), Buffer.from("def")];
  expect(Buffer.concat([...contentOf(8, pieces)]).toString()).toBe("abcdefab");
  expect([...contentOf(0, pieces)]).toEqual([]);
});
