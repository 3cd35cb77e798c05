import { ApiError } from "@gateway/protocol";
import type { BegunCompaction } from "./compaction/compactor.ts";
import type { RequestScope } from "./engine-deps.ts";
import type { ModelDelta } from "./model-delta.ts";
import type { Prepared } from "./prepare.ts";

/** What the model was asked before its response began, and has accepted: the turn, or a summary of its context first. */
export interface FirstCall {
  stream?: AsyncIterable<ModelDelta[]> | undefined;
  compaction?: BegunCompaction | undefined;
}

/**
 * Makes the first call of a response. Throws what its caller should see as an {@link ApiError}: a summary that nobody has
 * asked for in so many words is done without, unless its caller is to slow down. `onLimits` is told of what this call's
 * server says, not of later calls of the response.
 */
export async function callFirst(
  { compactor, backend, turn, entries }: Pick<Prepared, "compactor" | "backend" | "turn" | "entries">,
  { abort: { signal }, onLimits }: Pick<RequestScope, "abort" | "onLimits">,
): Promise<FirstCall> {
  function giveUp(thrown: unknown): undefined {
    if (ApiError.from(thrown).status === 429) throw thrown;
    compactor.giveUp(thrown);
  }

  try {
    const due = await compactor.due(entries, turn);
    const compaction = due && (await compactor.begin(due, onLimits).catch(giveUp));
    return compaction === undefined
      ? { stream: await backend.open({ ...turn, onLimits }, signal) }
      : { compaction };
  } catch (thrown) {
    throw ApiError.from(thrown);
  }
}
