import type { ModelBackend, ModelDelta, ModelTurn } from "@gateway/engine";
import type { Item } from "@gateway/protocol";

/** The signal of a caller who stays. */
export const never = new AbortController().signal;

/** What the user says. */
export const user = (content: string | readonly object[]): Item =>
  ({ type: "message", id: "msg_1", role: "user", content }) as Item;

/** A turn about these items, of a model that callers know as `public` and its server as `m`; `turn` says what is otherwise. */
export function turnOf(items: readonly Item[], turn: Partial<ModelTurn> = {}): ModelTurn {
  return {
    request: { model: "public" },
    model: "m",
    instructions: null,
    items,
    tools: [],
    places: new Map(),
    toolChoice: "auto",
    maxOutputTokens: undefined,
    ...turn,
  };
}

/** All that a backend gives for a turn. Rejects where it fails, at its beginning or on the way. */
export async function readTurn(
  backend: ModelBackend,
  turn: ModelTurn,
  signal: AbortSignal = never,
): Promise<ModelDelta[]> {
  return readAll(await backend.open(turn, signal));
}

/** All that a stream gives. */
export async function readAll(stream: AsyncIterable<ModelDelta[]>): Promise<ModelDelta[]> {
  const all: ModelDelta[] = [];
  for await (const deltas of stream) all.push(...deltas);
  return all;
}

/** The text of an answer. */
export const textOf = (deltas: readonly ModelDelta[]): string => joined(deltas, "text");

/** The arguments of the only call of an answer. */
export const argumentsOf = (deltas: readonly ModelDelta[]): string => joined(deltas, "arguments");

function joined(deltas: readonly ModelDelta[], kind: "text" | "arguments"): string {
  return deltas.map((delta) => (delta.kind === kind ? delta.text : "")).join("");
}
