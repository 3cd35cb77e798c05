import type { EngineDeps } from "@gateway/engine";
import { type Logger, pino } from "pino";
import { describe, expect, test } from "vitest";
import { createMetrics } from "../telemetry/metrics.ts";
import { loadTestConfig } from "../testing/test-config.ts";
import { openCreateCall, toHeaderList } from "./create-call.ts";

async function open(body: unknown, file: object = {}, log: Logger = pino({ enabled: false })) {
  const logFields: Record<string, unknown> = {};
  const deps = { config: loadTestConfig(file), engine: {} as EngineDeps, metrics: createMetrics(false) };
  const call = await openCreateCall(body, { tenant: "t", log, logFields }, deps);
  return { call, logFields };
}

describe("a call", () => {
  test("has the default model where none is named", async () => {
    const { call, logFields } = await open({ input: "hi", model: null }, { default_model: "general" });
    expect(call.request.model).toBe("general");
    expect(logFields).toEqual({ model: "general", streaming: false });
  });

  test("is only a preparation where prewarm asks for it, and names the other options as ignored", async () => {
    const { call } = await open({ model: "m", input: "hi", prompt_cache_options: { prewarm: true } });
    expect([call.scope.warmUp, call.ignored]).toEqual([true, []]);
    const { call: more } = await open({
      ...{ model: "m", input: "hi" },
      prompt_cache_options: { prewarm: false, ttl: "30m" },
    });
    expect([more.scope.warmUp, more.ignored]).toEqual([false, ["prompt_cache_options"]]);
  });

  test("is no preparation in the background", async () => {
    const { call } = await open({
      ...{ model: "m", input: "hi", background: true },
      prompt_cache_options: { prewarm: true },
    });
    expect([call.scope.warmUp, call.ignored]).toEqual([false, ["prompt_cache_options"]]);
  });

  test("is logged with what has no effect in it, and no more of that than the header has", async () => {
    const lines: { ignored?: string[] }[] = [];
    const log = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
    const reasoning = { foo: 1, ["x".repeat(5000)]: 1 };
    const { call } = await open({ model: "m", input: "hi", reasoning }, {}, log);
    expect(call.ignored).toHaveLength(2);
    const [told] = lines.flatMap(({ ignored }) => (ignored === undefined ? [] : [ignored]));
    expect(told?.map((name) => name.length)).toEqual(["reasoning.foo".length, 100]);
  });

  test("with a prewarm that is no boolean is a 422", async () => {
    await expect(open({ model: "m", input: "hi", prompt_cache_options: { prewarm: 1 } })).rejects.toThrow(
      expect.objectContaining({ status: 422, param: "prompt_cache_options.prewarm" }),
    );
  });
});

test("names in a header are printable ASCII without commas, and no more than fifty", () => {
  expect(toHeaderList(["a,b", "é\n", "tools[0].type=x"])).toBe("a?b, ??, tools[0].type=x");
  expect(toHeaderList(Array.from({ length: 60 }, () => "x")).split(", ")).toHaveLength(50);
  expect(toHeaderList(["x".repeat(200)])).toHaveLength(100);
});
