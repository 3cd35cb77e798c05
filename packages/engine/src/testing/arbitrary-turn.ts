import type { Annotation, Logprob, Usage } from "@gateway/protocol";
import * as fc from "fast-check";
import type { ModelDelta } from "../model-delta.ts";

/** Text as tokens have it: short, sometimes empty, with any characters. */
const token = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.constant("\n"),
);

const logprob: fc.Arbitrary<Logprob> = token.map((text) => {
  const one = { token: text, logprob: -0.25, bytes: [...Buffer.from(text)] };
  return { ...one, top_logprobs: [one] };
});

const annotation: fc.Arbitrary<Annotation> = fc.record(
  {
    type: fc.constant("url_citation"),
    url: fc.webUrl(),
    start_index: fc.nat(),
    end_index: fc.nat(),
  },
  { noNullPrototype: true },
);

const count = fc.nat({ max: 10_000 });

/** What a model server counts for one call. */
export const arbitraryUsage: fc.Arbitrary<Usage> = fc
  .tuple(count, count, count, count, count)
  .map(([input_tokens, output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens]) => ({
    input_tokens,
    input_tokens_details: { cached_tokens, cache_write_tokens },
    output_tokens,
    output_tokens_details: { reasoning_tokens },
    total_tokens: input_tokens + output_tokens,
  }));

/** Anything a model may say that is not a call. */
const content: fc.Arbitrary<ModelDelta> = fc.oneof(
  { weight: 4, arbitrary: token.map((text): ModelDelta => ({ kind: "text", text })) },
  { weight: 1, arbitrary: fc.tuple(token, fc.array(logprob, { maxLength: 2 })).map(toText) },
  { weight: 1, arbitrary: token.map((text): ModelDelta => ({ kind: "refusal", text })) },
  { weight: 2, arbitrary: token.map((text): ModelDelta => ({ kind: "reasoning", text })) },
  { weight: 1, arbitrary: annotation.map((mark): ModelDelta => ({ kind: "annotation", annotation: mark })) },
  { weight: 1, arbitrary: arbitraryUsage.map((usage): ModelDelta => ({ kind: "usage", usage })) },
);

function toText([text, logprobs]: [string, Logprob[]]): ModelDelta {
  return { kind: "text", text, logprobs };
}

/** One call: its opening, its arguments in fragments, and sometimes a line break after them. */
function callTrack(key: number): fc.Arbitrary<ModelDelta[]> {
  const object = fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 });
  const cuts = fc.array(fc.nat({ max: 60 }), { maxLength: 5 });
  return fc.tuple(object, cuts, fc.boolean(), fc.boolean()).map(([value, at, empty, breaks]) => {
    const whole = empty ? "" : JSON.stringify(value);
    const texts = cutAt(whole, at);
    if (breaks && whole !== "") texts.push("\n");
    const call: ModelDelta = { kind: "call", key, callId: `call_${key}`, name: `tool_${key % 2}` };
    return [call, ...texts.map((text): ModelDelta => ({ kind: "arguments", key, text }))];
  });
}

/** The text in pieces, cut at these places; no piece is empty. */
function cutAt(text: string, places: readonly number[]): string[] {
  const sorted = [0, ...places.filter((place) => place < text.length).toSorted((a, b) => a - b), text.length];
  return sorted.slice(1).flatMap((end, index) => text.slice(sorted[index], end) || []);
}

/**
 * The deltas of a turn in any order a model server may send them: content and up to four calls, each track in
 * its own order, woven into one another at random. Without the `finish` that ends it.
 */
export const arbitraryDeltas: fc.Arbitrary<ModelDelta[]> = fc
  .tuple(
    fc.array(content, { maxLength: 14 }),
    fc
      .integer({ min: 0, max: 4 })
      .chain((calls) => fc.tuple(...Array.from({ length: calls }, (_, key) => callTrack(key)))),
    fc.infiniteStream(fc.nat({ max: 1000 })),
    fc.boolean(),
  )
  .map(([contents, calls, choices, parallel]) => {
    const tracks = parallel ? [contents, ...calls] : [contents, calls.flat()];
    return weave(tracks, choices);
  });

/** Takes from one of the tracks at a time until all are empty. */
function weave(tracks: readonly ModelDelta[][], choices: Iterator<number>): ModelDelta[] {
  const left = tracks.map((track) => [...track]);
  const woven: ModelDelta[] = [];
  for (;;) {
    const open = left.filter((track) => track.length > 0);
    const track = open[choices.next().value % open.length];
    const delta = track?.shift();
    if (delta === undefined) return woven;
    woven.push(delta);
  }
}

/** A list cut into batches, as reads from a network cut it; some are empty. */
export function inBatches<T>(items: readonly T[], sizes: readonly number[]): T[][] {
  const batches: T[][] = [];
  let rest = [...items];
  for (const size of sizes) {
    batches.push(rest.slice(0, size));
    rest = rest.slice(size);
  }
  if (rest.length > 0) batches.push(rest);
  return batches;
}
