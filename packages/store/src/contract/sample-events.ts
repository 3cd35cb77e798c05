import type { EventBatch } from "@gateway/engine";
import { expect } from "vitest";
import type { Store } from "../store.ts";

/** A batch of events, as they are sent: the JSON of each, with what is awkward to keep. */
export function sampleBatch(
  first: number,
  count: number,
  text = "\u0000 \\n \u2028 ' \u{1f600} \ud800",
): EventBatch {
  const events = Array.from({ length: count }, (_, n) =>
    JSON.stringify({ type: "response.output_text.delta", sequence_number: first + n, delta: text }),
  );
  return { first, events };
}

/** Reads events until there are no more, as a client does that comes back; undefined when the first read finds none. */
export async function readEvents(
  store: Store,
  tenant: string,
  id: string,
  after = -1,
): Promise<EventBatch | undefined> {
  const read = await store.responses.events(tenant, id, after);
  if (read === undefined || read.events.length === 0) return read;
  const events = [...read.events];
  for (;;) {
    const last = read.first + events.length - 1;
    const more = await store.responses.events(tenant, id, last);
    if (more === undefined || more.events.length === 0) return { first: read.first, events };
    expect(more.first).toBe(last + 1);
    events.push(...more.events);
  }
}
