import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import {
  contentChunk,
  done,
  finishChunk,
  gate,
  roleChunk,
  type TempDir,
  tempDir,
  text,
  waitFor,
} from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, doorNames, startDoors } from "../doors.ts";
import { describeWithCurl, runCurl, startCurl } from "./curl.ts";

const ask = { model: "scripted", input: "hi" };
const streamed = JSON.stringify({ ...ask, stream: true });
const json = ["--header", "content-type: application/json"];
const post = (body: object | string) => [
  ...json,
  "--data-binary",
  typeof body === "string" ? body : JSON.stringify(body),
];
/** As large as a body may be at all, nearly. */
const large = JSON.stringify({ ...ask, input: "x".repeat(900 * 1024) });
const tooLarge = JSON.stringify({ ...ask, input: "x".repeat(1100 * 1024) });

describeWithCurl("transfers by curl", () => {
  describe.for(doorNames)("through %s", (door) => {
    let doors: Doors;
    let url: string;
    let dir: TempDir;
    const file = (name: string, bytes: string | Uint8Array) => {
      writeFileSync(dir.join(name), bytes);
      return `@${dir.join(name)}`;
    };
    beforeAll(async () => {
      dir = tempDir("gateway-curl-");
      doors = await startDoors();
      url = `${doors.url(door)}/v1`;
    });
    afterAll(async () => {
      await doors[Symbol.asyncDispose]();
      dir.remove();
    });

    test("a compressed body is read, and a compressed answer may be asked for", async () => {
      doors.backend.setDefault(text("ok"));
      const { answers, body } = await runCurl(
        ...json,
        "--compressed",
        ...["--header", "content-encoding: gzip"],
        ...["--data-binary", file("body.gz", gzipSync(large))],
        `${url}/responses`,
      );
      expect(answers).toMatchObject([{ status: 200 }]);
      expect(JSON.parse(body)).toMatchObject({ status: "completed" });
      expect(doors.backend.requests.at(-1)?.body.messages?.[0]?.content).toHaveLength(900 * 1024);
    });

    test("a body of unknown length is read", async () => {
      doors.backend.setDefault(text("ok"));
      const { answers } = await runCurl(
        ...["--header", "transfer-encoding: chunked"],
        ...post(file("chunked.json", large)),
        `${url}/responses`,
      );
      expect(answers).toMatchObject([{ status: 200 }]);
    });

    test("-N prints each token when it comes", async () => {
      const [second, last] = [gate(), gate()];
      doors.backend.setDefault([
        roleChunk(),
        contentChunk("one"),
        second,
        contentChunk(" two"),
        last,
        finishChunk("stop"),
        done(),
      ]);
      const child = await startCurl("--no-buffer", ...post(streamed), `${url}/responses`);
      for (const [word, pause] of [
        ["one", second],
        [" two", last],
      ] as const) {
        await waitFor(() => child.stdout().includes(`"delta":"${word}"`), {
          what: `"${word}" on curl's output`,
        });
        pause.open();
      }
      expect(await child.exited).toMatchObject({ code: 0 });
      expect(child.stdout()).toMatch(/^event: response\.completed$/m);
      expect(child.stdout()).toMatch(/data: \[DONE\]\n\n$/);
    });

    test("a connection is kept through answers, streams and errors", async () => {
      doors.backend.setDefault(text("ok"));
      const next = ["--next", "--silent", "--verbose", "--write-out", "%{stderr}\n%{json}\n"];
      const run = await runCurl(
        `${url}/models`,
        ...[...next, ...post(streamed), `${url}/responses`],
        ...[...next, ...post({ model: 5 }), `${url}/responses`],
        ...[...next, ...post("{"), `${url}/responses`],
        ...[...next, `${url}/responses/resp_none`],
        ...[...next, ...post(ask), `${url}/responses`],
      );
      expect(run.answers.map(({ status, connects }) => [status, connects])).toEqual([
        [200, 1],
        [200, 0],
        [422, 0],
        [400, 0],
        // Envoy ends a connection after a 400 that an external processor gave, and announces it.
        [404, door === "envoy" ? 1 : 0],
        [200, 0],
      ]);
    });

    test("a client that asks before it sends a large body is told to go on", async () => {
      doors.backend.setDefault(text("ok"));
      const { trace, answers } = await runCurl(
        ...["--header", "expect: 100-continue", "--expect100-timeout", "30"],
        ...post(file("large.json", large)),
        `${url}/responses`,
      );
      expect(trace).toMatch(/^< HTTP\/1\.1 100 Continue$/m);
      expect(answers).toMatchObject([{ status: 200 }]);
    });

    test("a body that is too large is refused with an error that can be read", async () => {
      for (const expectation of ["expect: 100-continue", "expect:"]) {
        const { code, body, answers } = await runCurl(
          ...["--header", expectation],
          ...post(file("too-large.json", tooLarge)),
          `${url}/responses`,
        );
        expect(code).toBe(0);
        expect(answers).toMatchObject([{ status: 413 }]);
        expect(JSON.parse(body)).toMatchObject({ error: { code: "request_too_large" } });
      }
    });

    // The example's Envoy does not speak HTTP/1.0, and the gateway itself not HTTP/2.
    if (door === "http") {
      test("HTTP/1.0 gets whole answers and streams, without chunks", async () => {
        doors.backend.setDefault(text("ok"));
        const plain = await runCurl("--http1.0", ...post(ask), `${url}/responses`);
        expect(plain.answers).toMatchObject([{ status: 200 }]);
        expect(JSON.parse(plain.body)).toMatchObject({ status: "completed" });
        const stream = await runCurl("--http1.0", ...post(streamed), `${url}/responses`);
        expect(stream.code).toBe(0);
        expect(stream.answers[0]?.headers).not.toHaveProperty("transfer-encoding");
        expect(stream.body).toMatch(/^event: response\.created\ndata: \{[\s\S]*data: \[DONE\]\n\n$/);
      });
    } else {
      test("HTTP/2 gets whole answers and streams", async () => {
        doors.backend.setDefault(text("ok"));
        for (const body of [JSON.stringify(ask), streamed]) {
          const run = await runCurl("--http2-prior-knowledge", ...post(body), `${url}/responses`);
          expect(run.answers).toMatchObject([{ status: 200, version: "2" }]);
          expect(run.body).toContain('"status":"completed"');
        }
      });
    }
  });
});
