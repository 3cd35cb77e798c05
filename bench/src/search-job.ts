import type { LoadJob } from "./run-load.ts";

/** Writes the job that searches a vector store of a gateway ("http://host:port") for each of the questions in turn. */
export function toSearchJob(
  origin: string,
  store: string,
  questions: readonly string[],
  limits: Pick<LoadJob, "clients" | "seconds" | "requests">,
): LoadJob {
  return {
    origin,
    path: `/v1/vector_stores/${store}/search`,
    body: questions.map((query) => JSON.stringify({ query })),
    ending: '"has_more":false',
    ...limits,
  };
}
