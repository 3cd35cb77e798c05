/**
 * The 99th percentile of the gateway's event-loop delay in milliseconds, as its `GET /metrics` reports it;
 * undefined when it reports none.
 */
export async function readLoopDelay(origin: string): Promise<number | undefined> {
  const response = await fetch(`${origin}/metrics`);
  const text = await response.text();
  return response.ok ? parseLoopDelay(text) : undefined;
}

/**
 * Finds the 99th percentile of the event-loop delay in Prometheus text: a gauge with "p99" in its name
 * (`nodejs_eventloop_delay_p99_seconds` in OpenTelemetry's words), or one with the label quantile="0.99". In
 * milliseconds; a name that does not say so counts seconds, Prometheus's base unit.
 */
export function parseLoopDelay(text: string): number | undefined {
  for (const line of text.split("\n")) {
    const found = /^(\w*event_?loop\w*)(\{[^}]*\})?\s+(\S+)/i.exec(line);
    if (!found) continue;
    const [, name = "", labels = "", value] = found;
    if (!name.includes("p99") && !labels.includes('quantile="0.99"')) continue;
    return Number(value) * (/_(ms|milliseconds)$/.test(name) ? 1 : 1000);
  }
  return undefined;
}
