import { expect, test } from "vitest";
import { parseLoopDelay } from "./loop-delay.ts";

test("the loop's delay is read from a gauge in seconds, a gauge in milliseconds, or a quantile", () => {
  const help = "# HELP nodejs_eventloop_delay_p99_seconds the 99th percentile\n";
  expect(parseLoopDelay(`${help}nodejs_eventloop_delay_p99_seconds 0.0125\n`)).toBeCloseTo(12.5);
  expect(parseLoopDelay("gateway_event_loop_delay_p99_ms 4\n")).toBe(4);
  const quantiles =
    'x_event_loop_lag_seconds{quantile="0.5"} 0.001\nx_event_loop_lag_seconds{quantile="0.99"} 0.003\n';
  expect(parseLoopDelay(quantiles)).toBe(3);
});

test("a page without such a gauge gives nothing", () => {
  expect(parseLoopDelay("process_cpu_seconds_total 3\n")).toBeUndefined();
});
