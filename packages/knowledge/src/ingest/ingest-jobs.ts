import type { JobKind } from "@gateway/engine";
import type { Ingestion } from "./ingestion.ts";

/**
 * The kinds of jobs that keep the index in step with the vector stores. A document whose model server is away is tried
 * again for about ten minutes, then its file fails; work on the index alone is never given up.
 */
export function ingestJobs(
  ingestion: Ingestion,
  concurrency: number,
): Record<"ingest" | "unindex" | "attributes", JobKind> {
  const persistent = {
    // One at a time: what comes later must win.
    concurrency: 1,
    attempts: Number.POSITIVE_INFINITY,
    backoffMs,
    onExhausted: async () => {},
  };
  return {
    ingest: {
      concurrency,
      attempts: 7,
      backoffMs,
      run: (job, signal) => ingestion.ingest(job, signal),
      onExhausted: (job, error) => ingestion.giveUp(job, error),
    },
    unindex: { ...persistent, run: (job) => ingestion.unindex(job) },
    attributes: { ...persistent, run: (job) => ingestion.setAttributes(job) },
  };
}

/** 1 s, 4 s, 16 s, 64 s, then every five minutes. */
function backoffMs(attempt: number): number {
  return Math.min(1_000 * 4 ** (attempt - 1), 300_000);
}
