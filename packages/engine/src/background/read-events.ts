import type { ResponseEvent } from "@gateway/protocol";
import type { ResponseStore } from "../stores.ts";

/** All events that were logged of a response; none where there is no such response. */
export async function readEvents(
  responses: Pick<ResponseStore, "events">,
  tenant: string,
  id: string,
): Promise<ResponseEvent[]> {
  const events: ResponseEvent[] = [];
  for (;;) {
    const batch = await responses.events(tenant, id, events.length - 1);
    if (batch === undefined || batch.events.length === 0) return events;
    for (const json of batch.events) events.push(JSON.parse(json) as ResponseEvent);
  }
}
