import { setImmediate as nextTurn } from "node:timers/promises";

/** Text parsed before the event loop gets a turn: 1-2 ms. */
const sliceChars = 256 * 1024;

/** Parses JSON texts, in order; lets the event loop have a turn now and then when they are long. */
export async function parseInSlices(texts: readonly string[]): Promise<unknown[]> {
  const values: unknown[] = [];
  let chars = 0;
  for (const text of texts) {
    chars += text.length;
    if (chars > sliceChars) {
      chars = 0;
      await nextTurn();
    }
    values.push(JSON.parse(text));
  }
  return values;
}
