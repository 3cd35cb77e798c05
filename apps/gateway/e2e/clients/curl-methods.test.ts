import { text } from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, doorNames, startDoors } from "../doors.ts";
import { describeWithCurl, runCurl } from "./curl.ts";

describeWithCurl("methods and origins, by curl", () => {
  describe.for(doorNames)("through %s", (door) => {
    let doors: Doors;
    let url: string;
    beforeAll(async () => {
      doors = await startDoors();
      url = `${doors.url(door)}/v1`;
    });
    afterAll(() => doors[Symbol.asyncDispose]());

    test("HEAD is answered like GET, without a body", async () => {
      const { body: stored } = await runCurl(`${url}/models`);
      const { code, answers, body } = await runCurl("--head", "--output", "/dev/null", `${url}/models`);
      expect(code).toBe(0);
      expect(body).toBe("");
      expect(answers).toMatchObject([
        { status: 200, headers: { "content-type": "application/json", "x-request-id": expect.any(String) } },
      ]);
      expect([undefined, String(Buffer.byteLength(stored))]).toContain(answers[0]?.headers["content-length"]);
      const refused = await runCurl("--head", "--output", "/dev/null", `${url}/responses/compact`);
      expect(refused.answers).toMatchObject([{ status: 405, headers: { allow: "POST, OPTIONS" } }]);
    });

    test("OPTIONS says what a path allows", async () => {
      const run = await runCurl("--request", "OPTIONS", `${url}/responses`, `${url}/conversations/conv_1`);
      expect(run.body).toBe("");
      expect(run.answers).toMatchObject([
        { status: 204, headers: { allow: "GET, HEAD, POST, OPTIONS" } },
        { status: 204, headers: { allow: "GET, HEAD, POST, DELETE, OPTIONS" } },
      ]);
    });

    test("a preflight from a page of this machine is granted, one from elsewhere is not", async () => {
      const preflight = (origin: string) =>
        runCurl(
          ...["--request", "OPTIONS", "--header", `origin: ${origin}`],
          ...["--header", "access-control-request-method: POST"],
          ...["--header", "access-control-request-headers: authorization,content-type,x-stainless-lang"],
          `${url}/responses`,
        );
      const granted = await preflight("http://localhost:5173");
      expect(granted.answers).toMatchObject([
        {
          status: 204,
          headers: {
            "access-control-allow-origin": "http://localhost:5173",
            "access-control-allow-methods": expect.stringContaining("POST"),
            "access-control-allow-headers": "authorization,content-type,x-stainless-lang",
          },
        },
      ]);
      const refused = await preflight("https://evil.example");
      expect(refused.answers).toMatchObject([{ status: 403 }]);
      expect(refused.answers[0]?.headers).not.toHaveProperty("access-control-allow-origin");
    });

    test("a page may read the request id and the stream of its own request", async () => {
      doors.backend.setDefault(text("ok"));
      const { answers, body } = await runCurl(
        ...["--header", "origin: http://127.0.0.1:8000"],
        ...["--header", "content-type: application/json"],
        ...["--data", JSON.stringify({ model: "scripted", input: "hi", stream: true })],
        `${url}/responses`,
      );
      expect(answers).toMatchObject([
        {
          status: 200,
          headers: {
            "access-control-allow-origin": "http://127.0.0.1:8000",
            "access-control-expose-headers": expect.stringContaining("x-request-id"),
            vary: expect.stringMatching(/origin/i),
          },
        },
      ]);
      expect(body).toMatch(/data: \[DONE\]\n\n$/);
    });
  });
});
