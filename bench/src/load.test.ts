import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runLoad } from "./run-load.ts";
import { benchModels, modelName } from "./scripted-answers.ts";
import { openStage, type Stage } from "./stage.ts";
import { type Ask, toLoadJob } from "./target.ts";

describe("a tiny load on backend and translator", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ withEnvoy: false });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const { short, burst } = benchModels;
  const asks: [string, Ask, number][] = [
    ["answers in one piece", { model: short, stream: false, clients: 4, requests: 40 }, 0],
    ["streams at once", { model: burst, stream: true, clients: 4, requests: 12 }, 200],
    [
      "streams at a pace",
      { model: modelName({ tokens: 5, everyMs: 3 }), stream: true, clients: 4, requests: 8 },
      5,
    ],
  ];

  test.each(asks)("counts every answer and every token: %s", async (_, ask, tokens) => {
    for (const target of [stage.backend, stage.translator]) {
      const result = await runLoad(toLoadJob(target, ask));
      expect(result, target.name).toMatchObject({
        answers: ask.requests,
        errors: 0,
        tokens: tokens * (ask.requests ?? 0),
      });
      expect(result.latency.p50).toBeGreaterThan(0);
      expect(result.latency.p99).toBeGreaterThanOrEqual(result.latency.p50);
      if (ask.stream) expect(result.firstToken?.p50).toBeLessThanOrEqual(result.latency.p99);
      else expect(result.firstToken).toBeUndefined();
    }
  });

  test("the load generator's process reports what the load came to, with CPU where it can be read", async () => {
    const ask: Ask = { model: burst, stream: true, clients: 8, requests: 80 };
    const measured = await stage.measure(stage.translator, ask);
    expect(measured.tokensPerSecond / measured.rate).toBeCloseTo(200);
    if (process.platform === "linux") expect(measured.cpuPerToken).toBeGreaterThan(0);
    expect(measured.envoyPerToken).toBeUndefined();
  });

  test("a load that meets wrong answers is an error that says what came", async () => {
    const target = { ...stage.backend, name: "nobody", fields: { model: "unknown" } };
    const ask: Ask = { model: short, stream: false, clients: 1, requests: 3 };
    await expect(stage.measure(target, ask)).rejects.toThrow(
      /nobody: 3 of 3 answers were wrong, the first: status 404: .*none of the bench/,
    );
  });
});

describe("an answer that only looks good", () => {
  const ask: Ask = { model: benchModels.short, stream: true, clients: 1, requests: 1 };

  test.each([
    ["stops before its end", 'data: "response.output_text.delta"\n\n', /ending .* came 0 times/],
    [
      "lacks tokens",
      'data: "response.output_text.delta"\n\ndata: "response.completed"\n\n',
      /1 tokens came instead of 20/,
    ],
  ])("is counted as an error when it %s", async (_, body, message) => {
    const server = createServer((_request, response) => response.end(body));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const result = await runLoad(
        toLoadJob({ name: "bad", origin, api: "responses", pid: process.pid }, ask),
      );
      expect(result).toMatchObject({ answers: 0, errors: 1, tokens: 0 });
      expect(result.firstError).toMatch(message);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
