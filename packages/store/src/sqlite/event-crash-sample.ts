import type { ResponseEvent } from "@gateway/protocol";

/** Events whose text follows from the response and their number, so that another process can tell what they were. */
export function eventsFrom(id: string, first: number, count: number, ends: boolean): ResponseEvent[] {
  return Array.from({ length: count }, (_, place) => {
    const sequence_number = first + place;
    const delta = `${sequence_number} ${ends} ${"x".repeat((sequence_number * 997) % 3000)}`;
    const at = {
      sequence_number,
      item_id: id,
      output_index: Math.floor(sequence_number / 20),
      content_index: 0,
    };
    if (sequence_number % 7 === 3) return { type: "response.refusal.delta", ...at, delta };
    return { type: "response.output_text.delta", ...at, delta, logprobs: [] };
  });
}
