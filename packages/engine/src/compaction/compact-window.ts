import {
  ApiError,
  type CompactedResponse,
  type CreateRequest,
  type Item,
  itemIdOf,
  newId,
} from "@gateway/protocol";
import type { ContextEntry } from "../context-entry.ts";
import type { EngineDeps, RequestScope } from "../engine-deps.ts";
import { prepare } from "../prepare.ts";
import { addUsage, noUsage } from "../usage.ts";
import { estimateTokens } from "./estimate-tokens.ts";
import { isAsked, splitContext } from "./split-context.ts";

/**
 * Compacts the context of a request whose input ends with a `compaction_trigger` into a window that its caller keeps:
 * what the user said word for word, the newest first as far as it is not too much, then a compaction item for the rest.
 * It keeps in itself what must not change its words: see `splitContext`. Nothing is stored.
 *
 * Throws as `respond` does before its first event; every call of the model is made before it resolves.
 */
export async function compactWindow(
  request: CreateRequest,
  scope: RequestScope,
  deps: EngineDeps,
): Promise<CompactedResponse> {
  const id = newId("resp");
  // The model is to call nothing, so no server has to be asked for its tools.
  const { entries, compactor } = await prepare(request, id, scope, deps, { asksServers: false });
  try {
    const limits = await compactor.limits();
    const users = newestUsers(entries, limits.users);
    const { kept } = splitContext(entries, limits.keep);
    const rest = new Set(kept.filter((entry) => !isAsked(entry)));
    const covered = entries.filter((entry) => !rest.has(entry));
    // Messages that are repeated need no summary; they are read with the rest where there is any.
    const gone = covered.some((entry) => !users.has(entry) && isFresh(entry));
    const split = { kept: [...rest], covered: gone ? covered : covered.filter((entry) => entry.summary) };
    const begun = await compactor.begin({ split, limits }, scope.onLimits);
    const summary = await begun.finish();
    const said = [...users].map(({ item }) => item);
    const compaction: Item = {
      type: "compaction",
      id: itemIdOf(id, "cmp", 0),
      encrypted_content: compactor.seal(begun, summary, said),
    };
    return {
      id,
      object: "response.compaction",
      created_at: Math.floor(deps.now() / 1000),
      output: [...said, compaction],
      usage: begun.usages.reduce(addUsage, noUsage),
    };
  } catch (thrown) {
    throw ApiError.from(thrown);
  }
}

/** True for what the model was shown and no summary stands for yet. */
function isFresh({ shown, summary }: ContextEntry): boolean {
  return summary === undefined && shown.length > 0;
}

/** The newest messages of the user that come to `most` tokens by estimate, in their order; one at least. */
function newestUsers(entries: readonly ContextEntry[], most: number): Set<ContextEntry> {
  const newest: ContextEntry[] = [];
  let left = most;
  for (const entry of entries.toReversed()) {
    if (!isAsked(entry)) continue;
    // With its files read: that is what the model is shown when the window comes back.
    left -= estimateTokens(entry.shown);
    if (left < 0 && newest.length > 0) break;
    newest.push(entry);
  }
  return new Set(newest.reverse());
}
