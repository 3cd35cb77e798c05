import {
  type CreateRequest,
  encodeEvent,
  isTerminal,
  isTerminalType,
  notFound,
  type ResponseEvent,
  type ResponseObject,
  typeOf,
} from "@gateway/protocol";
import type { EngineDeps } from "./engine-deps.ts";
import { withSealedThoughts } from "./reasoning/seal-thoughts.ts";
import { type EventBatch, hasEnded } from "./stores.ts";
import { tellResponse } from "./tell-response.ts";

type FollowDeps = Pick<EngineDeps, "responses" | "running">;

/** Batches of the JSON of events. */
type EventTexts = AsyncGenerator<string[], void, undefined>;

/**
 * The events of a stored response with numbers above `after` (-1 for all), as JSON: those that were logged, then those
 * that come, until it has ended. One that was never streamed is told from what is stored of it, the same way each
 * time, and shows what `include` asks for. Numbers and bytes are those that were sent first. Ends early when it is
 * deleted or `signal` is aborted.
 *
 * Rejects with a 404 {@link ApiError} where there is no such response, and resolves as soon as that is known, without
 * waiting for an event.
 */
export function openEvents(
  tenant: string,
  id: string,
  after: number,
  deps: FollowDeps & Pick<EngineDeps, "sealer">,
  signal: AbortSignal,
  include: NonNullable<CreateRequest["include"]> = [],
): Promise<EventTexts> {
  const tellStored = (response: ResponseObject) =>
    tellResponse(withSealedThoughts(response, include, tenant, deps), include);
  return open({ tenant, id, after, tellStored }, deps, signal);
}

/** Which events are wanted, and how they are made where none are logged. */
interface Wanted {
  tenant: string;
  id: string;
  after: number;
  tellStored(response: ResponseObject): ResponseEvent[];
}

async function open(wanted: Wanted, deps: FollowDeps, signal: AbortSignal): Promise<EventTexts> {
  const { tenant, id, after } = wanted;
  const first = await deps.responses.events(tenant, id, after);
  if (first === undefined) throw notFound(`Response with id '${id}' not found.`);
  return tell(wanted, first, deps, signal);
}

/** Gives what the log has, then what comes, until the terminal event or until nothing more can come. */
async function* tell(wanted: Wanted, first: EventBatch, deps: FollowDeps, signal: AbortSignal): EventTexts {
  const { tenant, id, after } = wanted;
  let last = after;
  let read: EventBatch | undefined = first;
  while (read !== undefined && !signal.aborted) {
    if (read.events.length > 0) {
      yield [...read.events];
      last = read.first + read.events.length - 1;
      if (isLast(read.events)) return;
    }
    // Followed before the log is read to its end: what is logged in between is in the tail.
    const tail = deps.running.follow(tenant, id);
    try {
      read = await deps.responses.events(tenant, id, last);
      if (read === undefined || read.events.length > 0) continue;
      if (tail === undefined) {
        if (last === after) yield* tellUnlogged(wanted, deps);
        return;
      }
      for await (const events of tail.from(last + 1, signal)) {
        yield events;
        last += events.length;
        if (isLast(events)) return;
      }
    } finally {
      tail?.close();
    }
  }
}

/** Events of a response of which none are logged, or not any more. */
async function* tellUnlogged(
  { tenant, id, after, tellStored }: Wanted,
  { responses }: Pick<EngineDeps, "responses">,
): EventTexts {
  const logged = await responses.events(tenant, id, -1);
  if (logged === undefined || logged.events.length > 0) return;
  const record = await responses.get(tenant, id);
  if (record === undefined || !hasEnded(record.response)) return;
  const told = tellStored(record.response);
  const events = told.filter((event) => event.sequence_number > after);
  const end = told.at(-1);
  // Its log had more events than are told now, and the reader has seen some of those: it is told the end all the same.
  if (after >= told.length && end !== undefined && isTerminal(end))
    events.push({ ...end, sequence_number: after + 1 });
  if (events.length > 0) yield events.map(encodeEvent);
}

function isLast(events: readonly string[]): boolean {
  const last = events.at(-1);
  return last !== undefined && isTerminalType(typeOf(last));
}
