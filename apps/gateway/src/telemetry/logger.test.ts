import { describe, expect, test } from "vitest";
import { createLogger, type Logger, type LoggerOptions, toLogError } from "./logger.ts";

/** A logger whose lines are collected. */
async function collect(options: Partial<LoggerOptions> = {}): Promise<{ log: Logger; lines: string[] }> {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = await createLogger({
    level: "info",
    format: "json",
    env: {},
    terminal: false,
    destination,
    ...options,
  });
  return { log, lines };
}

describe("a JSON line", () => {
  test("has the level as a word, the time as ISO 8601, the bound fields and the message", async () => {
    const { log, lines } = await collect();
    log.child({ request_id: "req_1" }).info({ model: "m", streaming: true }, "processing request");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      request_id: "req_1",
      model: "m",
      streaming: true,
      msg: "processing request",
    });
  });

  test.for([
    ["debug", ["debug", "info", "warn", "error"]],
    ["info", ["info", "warn", "error"]],
    ["warn", ["warn", "error"]],
    ["error", ["error"]],
  ] as const)("is written from level %s on", async ([level, written]) => {
    const { log, lines } = await collect({ level });
    for (const name of ["debug", "info", "warn", "error"] as const) log[name]("x");
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(written);
  });

  test("never holds a credential, even when one is passed by mistake", async () => {
    const { log, lines } = await collect();
    log.info({ authorization: "Bearer sk-1", api_key: "sk-1", key: "sk-1" }, "x");
    log
      .child({
        headers: { authorization: "Bearer sk-1", cookie: "sk-1", "x-api-key": "sk-1", accept: "*/*" },
      })
      .info("y");
    expect(lines.join("")).not.toContain("sk-1");
    expect(JSON.parse(lines[1] ?? "").headers.accept).toBe("*/*");
  });

  test("keeps of an error what explains it, and nothing that hangs on it", async () => {
    const { log, lines } = await collect();
    const cause = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    const error = Object.assign(new TypeError("fetch failed", { cause }), {
      request: { body: "secret body" },
      headers: { a: "secret" },
    });
    log.error({ err: error }, "failed");
    expect(JSON.parse(lines[0] ?? "").err).toEqual({
      type: "TypeError",
      message: "fetch failed",
      stack: expect.stringContaining("logger.test.ts"),
      cause: { type: "Error", message: "connect ECONNREFUSED", code: "ECONNREFUSED" },
    });
  });
});

test("anything thrown can be logged, causes that run in a circle included", () => {
  expect(toLogError("text")).toEqual({ type: "string", message: "text" });
  expect(toLogError(undefined)).toEqual({ type: "undefined", message: "undefined" });
  const circle = new Error("round");
  circle.cause = circle;
  expect(JSON.stringify(toLogError(circle)).match(/round/g)?.length).toBeGreaterThan(1);
});

describe("lines for people", () => {
  test.for([
    [{ format: "pretty", terminal: false }, true],
    [{ format: "auto", terminal: true }, true],
    [{ format: "auto", terminal: false }, false],
    [{ format: "json", terminal: true }, false],
  ] as const)("are written where they are read (case %#)", async ([options, pretty]) => {
    const { log, lines } = await collect(options);
    log.info({ http: "127.0.0.1:8080" }, "listening");
    expect(lines[0]?.startsWith("{")).toBe(!pretty);
    expect(lines[0]).toMatch(/info.*listening|listening.*info/is);
    expect(lines[0]).toContain("127.0.0.1:8080");
  });

  test.for([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "0" }, true, false],
    [{ NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
  ] as const)(
    "are coloured on a terminal, unless told otherwise (case %#)",
    async ([env, terminal, coloured]) => {
      const { log, lines } = await collect({ format: "pretty", terminal, env });
      log.info("hello");
      expect(lines[0]?.includes("\u001b[")).toBe(coloured);
    },
  );
});
