import { internal } from "@gateway/protocol";
import type { EngineDeps, RequestScope } from "../engine-deps.ts";
import { keepResponse } from "../keep-response.ts";
import { ResponseBuilder } from "../response-builder.ts";
import type { BackgroundResponses } from "./background-responses.ts";
import { readEvents } from "./read-events.ts";

/** What was found and done. */
export interface Recovered {
  /** Foreground responses that were cut, and are failed now. */
  failed: number;
  /** Background responses that go on. */
  resumed: number;
}

/**
 * Sees to what a former process has left unfinished: background responses are taken up again, all others are marked
 * failed, with what the model had said by then. Called once, before anything new is accepted and before jobs run.
 */
export async function recoverResponses(
  background: BackgroundResponses,
  deps: EngineDeps,
  onFault: RequestScope["onFault"],
): Promise<Recovered> {
  const recovered: Recovered = { failed: 0, resumed: 0 };
  for (const { tenant, record } of await deps.responses.unfinished()) {
    if (record.response.background) {
      background.adopt(tenant, record);
      recovered.resumed++;
      continue;
    }
    const scope = { tenant, abort: new AbortController(), onFault, onFailure: () => {} };
    const logged = await readEvents(deps.responses, tenant, record.response.id);
    const builder = new ResponseBuilder(record.response);
    const error = internal("The server was stopped while it worked on this response.");
    const closing = builder.resume(logged);
    closing.push(...builder.settle({ status: "failed", error }, Math.floor(deps.now() / 1000)));
    await keepResponse(record, logged.length > 0, scope, deps).finish(closing, builder.end());
    recovered.failed++;
  }
  return recovered;
}
