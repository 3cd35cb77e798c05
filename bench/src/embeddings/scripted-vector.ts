import { hashOf, openRandom } from "../texts/random.ts";

/** Length of the vectors of the bench, that of many small embedding models. */
const vectorLength = 384;

/** Each number is one of so many, evenly from -1 to 1. */
const steps = 1024;

/** They are rendered once: rendering would be most of the work otherwise. */
const rendered = Array.from({ length: steps }, (_, step) => toNumber(step).toFixed(3));

/** The vector of a text: the same for the same text, in another direction for every other one. */
export function vectorOf(text: string): Float32Array {
  const random = openRandom(hashOf(text));
  return Float32Array.from({ length: vectorLength }, () => toNumber(Math.floor(random() * steps)));
}

/** {@link vectorOf} as JSON, to three decimals. */
export function renderVector(text: string): string {
  const random = openRandom(hashOf(text));
  let json = "[";
  for (let at = 0; at < vectorLength; at += 1) {
    json += `${at === 0 ? "" : ","}${rendered[Math.floor(random() * steps)]}`;
  }
  return `${json}]`;
}

function toNumber(step: number): number {
  return (2 * step) / steps - 1;
}
