import { encodeEvent, notFound, typeOf } from "@gateway/protocol";
import { hasEnded } from "./background/end-unfinished.ts";
import type { EngineDeps } from "./engine-deps.ts";
import type { EventBatch } from "./stores.ts";
import { tellResponse } from "./tell-response.ts";

/**
 * The events of a stored response with numbers above `after` (-1 for all), as JSON: those that were logged, then those
 * that come, until it has ended. One that was never streamed is told from what is stored of it, the same way each
 * time. Numbers and bytes are those that were sent first. Throws a 404 {@link ApiError} where there is no such
 * response; ends early when it is deleted or `signal` is aborted.
 */
export async function* followEvents(
  tenant: string,
  id: string,
  after: number,
  deps: Pick<EngineDeps, "responses" | "running">,
  signal: AbortSignal,
): AsyncGenerator<string[], void, undefined> {
  let last = after;
  /** What a reader that keeps up was woken with: it need not be read from the store. */
  let news: EventBatch | undefined;
  let told = false;
  while (!signal.aborted) {
    // Asked for before the log is read: what is logged in between wakes us.
    const changed = deps.running.changed(tenant, id);
    const batch = news?.first === last + 1 ? news : await deps.responses.events(tenant, id, last);
    news = undefined;
    if (batch === undefined) {
      if (told) return;
      throw notFound(`Response with id '${id}' not found.`);
    }
    told = true;
    const { events } = batch;
    if (events.length > 0) {
      yield [...events];
      last = batch.first + events.length - 1;
      if (isLast(events.at(-1))) return;
    } else if (changed === undefined) {
      if (last === after) yield* tellUnlogged(tenant, id, after, deps);
      return;
    } else news = await orLeft(changed, signal);
  }
}

/** Events of a response of which none were logged. */
async function* tellUnlogged(
  tenant: string,
  id: string,
  after: number,
  { responses }: Pick<EngineDeps, "responses">,
): AsyncGenerator<string[], void, undefined> {
  const logged = await responses.events(tenant, id, -1);
  if (logged === undefined || logged.events.length > 0) return;
  const record = await responses.get(tenant, id);
  if (record === undefined || !hasEnded(record.response)) return;
  const events = tellResponse(record.response).filter((event) => event.sequence_number > after);
  if (events.length > 0) yield events.map(encodeEvent);
}

const lastTypes: ReadonlySet<string> = new Set([
  "response.completed",
  "response.incomplete",
  "response.failed",
]);

function isLast(json: string | undefined): boolean {
  return json !== undefined && lastTypes.has(typeOf(json));
}

/** Resolves with what a reader is woken with, or with nothing when it leaves. */
function orLeft<T>(changed: Promise<T | undefined>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined);
    const onAbort = () => resolve(undefined);
    signal.addEventListener("abort", onAbort, { once: true });
    void changed.then((value) => {
      signal.removeEventListener("abort", onAbort);
      resolve(value);
    });
  });
}
