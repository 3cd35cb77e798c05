import type { EngineDeps } from "../engine-deps.ts";
import { type Outcome, ResponseBuilder } from "../response-builder.ts";
import { hasEnded } from "../stores.ts";
import { takeDue } from "./due-calls.ts";
import { readEvents } from "./read-events.ts";

/**
 * Ends a stored response that nobody works on: what the log has of it is closed, its outcome written, and its readers
 * woken. Nothing is done for one that has ended or is not there.
 */
export async function endUnfinished(
  tenant: string,
  id: string,
  outcome: Outcome,
  { responses, running, now }: Pick<EngineDeps, "responses" | "running" | "now">,
): Promise<void> {
  const record = await responses.get(tenant, id);
  if (record === undefined || hasEnded(record.response)) return;
  const logged = await readEvents(responses, tenant, id);
  // The log tells how far they have come.
  takeDue(record.response);
  const builder = new ResponseBuilder(record.response);
  const events = builder.resume(logged, logged.length > 0);
  events.push(...builder.settle(outcome, Math.floor(now() / 1000)));
  events.push(...builder.end());
  // Of a response that was never streamed there is no log, and none is begun at its end.
  const ending = logged.length > 0 ? events : [];
  await responses.finish(tenant, record, ending);
  running.notify(tenant, id, ending);
}
