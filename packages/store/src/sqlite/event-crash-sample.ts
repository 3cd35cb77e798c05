import type { EventBatch } from "@gateway/engine";

/** Events whose text follows from the response and their number, so that another process can tell what they were. */
export function eventsFrom(id: string, first: number, count: number, ends: boolean): EventBatch {
  const events = Array.from({ length: count }, (_, place) => {
    const number = first + place;
    return JSON.stringify({ id, number, ends, text: "x".repeat((number * 997) % 3000) });
  });
  return { first, events };
}
