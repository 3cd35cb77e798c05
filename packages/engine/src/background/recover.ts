import { internal } from "@gateway/protocol";
import type { EngineDeps } from "../engine-deps.ts";
import type { BackgroundResponses } from "./background-responses.ts";
import { endUnfinished } from "./end-unfinished.ts";

/** What was found and done. */
export interface Recovered {
  /** Foreground responses that were cut and background responses without a job: they are failed now. */
  failed: number;
  /** Background responses that go on. */
  resumed: number;
}

/**
 * Sees to what a former process has left unfinished: background responses that have a job are taken up again, all others are
 * marked failed, with what the model had said by then. Called once, before anything new is accepted and before jobs run.
 */
export async function recoverResponses(
  background: BackgroundResponses,
  deps: Pick<EngineDeps, "responses" | "running" | "now">,
): Promise<Recovered> {
  const recovered: Recovered = { failed: 0, resumed: 0 };
  const stopped = internal("The server was stopped while it worked on this response.");
  const lost = internal("The server has no work left to do for this response, and its end was never stored.");
  for (const { tenant, record } of await deps.responses.unfinished()) {
    const { background: queued } = record.response;
    if (queued && (await background.adopt(tenant, record))) recovered.resumed++;
    else {
      const error = queued ? lost : stopped;
      await endUnfinished(tenant, record.response.id, { status: "failed", error }, deps);
      recovered.failed++;
    }
  }
  return recovered;
}
