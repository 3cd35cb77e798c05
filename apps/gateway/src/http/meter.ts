import { isTerminal, type ResponseEvent } from "@gateway/protocol";
import type { Metrics } from "../telemetry/metrics.ts";

/**
 * Passes batches on and, when the response is over, records how it went: tokens, time to the first token,
 * duration; and puts the same into the request's log fields.
 */
export async function* meter(
  batches: AsyncIterable<ResponseEvent[]>,
  model: string,
  metrics: Metrics,
  logFields: Record<string, unknown>,
): AsyncGenerator<ResponseEvent[], void, undefined> {
  const begin = performance.now();
  let firstToken: number | undefined;
  let status: string | undefined;
  metrics.inFlight(1);
  try {
    for await (const batch of batches) {
      const [first] = batch;
      if (
        firstToken === undefined &&
        first !== undefined &&
        first.sequence_number > 1 &&
        !isCompaction(first)
      )
        firstToken = performance.now();
      const last = batch.at(-1);
      if (last !== undefined && isTerminal(last)) {
        const { usage } = last.response;
        status = last.response.status;
        logFields.input_tokens = usage?.input_tokens;
        logFields.output_tokens = usage?.output_tokens;
        const seconds = (performance.now() - begin) / 1000;
        metrics.modelRequest(model, seconds, last.response.error?.code);
        if (usage) metrics.tokens(model, usage.input_tokens, usage.output_tokens);
        if (firstToken !== undefined) {
          const untilFirst = (firstToken - begin) / 1000;
          metrics.timeToFirstToken(model, untilFirst);
          const tokens = usage?.output_tokens ?? 0;
          if (tokens > 1) metrics.timePerOutputToken(model, (seconds - untilFirst) / (tokens - 1));
          logFields.first_token_ms = Math.round(untilFirst * 1e6) / 1000;
        }
      } else if (first?.type === "response.created") {
        logFields.response_id = first.response.id;
        // Until the last event says otherwise: a reader that leaves sees none.
        status = "cancelled";
      }
      yield batch;
    }
  } finally {
    metrics.inFlight(-1);
    if (status !== undefined) logFields.response_status = status;
  }
}

/** True where a batch tells of the context being compacted: the model has not begun to answer. */
function isCompaction(event: ResponseEvent): boolean {
  return (
    event.type === "response.compaction.compacting" || ("item" in event && event.item.type === "compaction")
  );
}
