import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import { observeExtProc } from "./observe-extproc.ts";

async function observed(level: "debug" | "info") {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const log = await createLogger({ level, format: "json", env: {}, terminal: false, destination });
  const metrics = createMetrics();
  return { observer: observeExtProc(metrics, log), lines, metrics };
}

test("a failed stream is an error in the log and in the metrics, by its gRPC code", async () => {
  const { observer, lines, metrics } = await observed("info");
  observer.streamError("Unavailable", new Error("connection lost"));
  expect(lines).toMatchObject([
    { level: "error", error_type: "Unavailable", err: { message: "connection lost" } },
  ]);
  expect(await metrics.render()).toMatch(/extproc_stream_errors_total\{error_type="Unavailable"\} 1/);
});

test("streams that end are told at debug only", async () => {
  const quiet = await observed("info");
  quiet.observer.streamClosed("eof");
  expect(quiet.lines).toEqual([]);
  const { observer, lines } = await observed("debug");
  for (const reason of ["eof", "canceled", "deadline_exceeded"] as const) observer.streamClosed(reason);
  expect(lines.map(({ level, reason }) => [level, reason])).toEqual([
    ["debug", "eof"],
    ["debug", "canceled"],
    ["debug", "deadline_exceeded"],
  ]);
});
