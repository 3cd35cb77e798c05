import type { ResponseRecord } from "@gateway/engine";
import { responseIdOfItem } from "@gateway/protocol";

/**
 * The ids in a record that do not say which response they are in: those a caller supplied, and those of
 * items of other responses that came in again as input. Each once, in the order of their items.
 */
export function foreignItemIds({ response, input }: ResponseRecord): string[] {
  const foreign = new Set<string>();
  for (const { id } of input) if (responseIdOfItem(id) !== response.id) foreign.add(id);
  for (const { id } of response.output) if (responseIdOfItem(id) !== response.id) foreign.add(id);
  return [...foreign];
}
