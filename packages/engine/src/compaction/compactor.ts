import type { CreateRequest, Item, Usage } from "@gateway/protocol";
import type { ContextEntry } from "../context-entry.ts";
import type { EngineDeps, RequestScope } from "../engine-deps.ts";
import { surelyFits, weighTurn } from "../item-weight.ts";
import type { ModelBackend, ModelTurn } from "../model-backend.ts";
import { sealCompaction } from "./compaction-content.ts";
import { type CompactionLimits, toLimits, toThreshold } from "./compaction-limits.ts";
import { estimateTokens, estimateTurn } from "./estimate-tokens.ts";
import { renderTranscript } from "./render-transcript.ts";
import { type SplitContext, splitContext } from "./split-context.ts";
import { type BegunSummary, beginSummary } from "./summarize.ts";

/** A compaction that was decided on. */
export interface Compaction {
  /** What stays, and what the summary stands for. */
  split: SplitContext;
  limits: CompactionLimits;
}

/** One whose first call the model's server has accepted, or which needs none. */
export interface BegunCompaction extends Compaction {
  /** Resolves with the summary. Rejects with what the server says. */
  finish: BegunSummary;
  /** What the summary has cost so far. */
  usages: Usage[];
}

/** Less than this part of the threshold is not worth a summary. */
const leastShare = 0.1;

/** Decides when the context of one request is compacted, and has it summarised by the request's own model. */
export class Compactor {
  /** True where the request asks for a compaction in place of an answer. */
  readonly only: boolean;
  readonly #request: CreateRequest;
  readonly #backend: ModelBackend;
  /** The name the backend knows the model by. */
  readonly #model: string;
  readonly #scope: Pick<RequestScope, "tenant" | "abort" | "onFault">;
  readonly #sealer: EngineDeps["sealer"];
  #givenUp = false;

  constructor(
    request: CreateRequest,
    { backend, model }: { backend: ModelBackend; model: string },
    scope: Pick<RequestScope, "tenant" | "abort" | "onFault">,
    { sealer }: Pick<EngineDeps, "sealer">,
  ) {
    this.only = asksForCompaction(request);
    this.#request = request;
    this.#backend = backend;
    this.#model = model;
    this.#scope = scope;
    this.#sealer = sealer;
  }

  /**
   * The compaction that the request asks for now: the only thing it asks for, or what its `context_management` wants
   * since `turn`, which shows the model these entries, has too many tokens. Undefined where there is none, or nothing
   * to gain by it. Throws as `ModelBackend.countTokens` does.
   */
  async due(entries: readonly ContextEntry[], turn: ModelTurn): Promise<Compaction | undefined> {
    const { context_management: management } = this.#request;
    if (!this.only && (this.#givenUp || management === undefined || management.length === 0))
      return undefined;
    const { signal } = this.#scope.abort;
    const window = await this.#backend.contextWindow(this.#model, signal);
    const threshold = toThreshold(management, window);
    const limits = toLimits(threshold, window);
    if (this.only) return { split: splitContext(entries, limits.keep), limits };
    if (threshold === undefined) return undefined;
    const weights = weighTurn(turn);
    if (surelyFits(weights, threshold)) return undefined;
    const { tokens } = await this.#backend.countTokens(turn, signal);
    if (tokens <= threshold) return undefined;
    // How this model's tokens compare to the estimate that everything else goes by.
    const scale = Math.min(4, Math.max(0.5, tokens / estimateTurn(weights)));
    const split = splitContext(entries, limits.keep / scale);
    const fresh = split.covered.filter(({ summary }) => summary === undefined);
    if (estimateShown(fresh) * scale < threshold * leastShare) return undefined;
    return { split, limits: { ...limits, room: limits.room / scale } };
  }

  /**
   * Takes up why a summary was not to be had: the log is told, and no more are asked for. Throws the reason where there
   * is nothing to go on with: a compaction is all that is asked for, or nobody waits any more.
   */
  giveUp(thrown: unknown): void {
    if (this.only || this.#scope.abort.signal.aborted) throw thrown;
    this.#scope.onFault("the context could not be compacted; the response goes on with all of it", thrown);
    this.#givenUp = true;
  }

  /** What a compaction of a whole window goes by: see `compactWindow`. */
  async limits(): Promise<CompactionLimits> {
    const window = await this.#backend.contextWindow(this.#model, this.#scope.abort.signal);
    return toLimits(undefined, window);
  }

  /**
   * Has what is covered summarised. Resolves when the model's server has accepted the first call; where there is nothing
   * new to summarise, no call is made. `onLimits` is told of what the server says to that call. Throws as
   * `ModelBackend.open` does.
   */
  async begin({ split, limits }: Compaction, onLimits?: ModelTurn["onLimits"]): Promise<BegunCompaction> {
    const earlier = split.covered.flatMap(({ summary }) => summary ?? []).join("\n\n");
    const passages = renderTranscript(
      split.covered.flatMap(({ shown, summary }) => (summary === undefined ? shown : [])),
    );
    const usages: Usage[] = [];
    const finish =
      passages.length === 0
        ? async () => earlier
        : await beginSummary({
            request: this.#request,
            backend: this.#backend,
            model: this.#model,
            earlier,
            passages,
            room: limits.room,
            tokens: limits.summary,
            signal: this.#scope.abort.signal,
            onUsage: (usage) => void usages.push(usage),
            onLimits,
          });
    return { split, limits, finish, usages };
  }

  /** The sealed content of a compaction item: of one that replaces the context before it, or follows `users`. */
  seal({ split, usages }: BegunCompaction, summary: string, users?: Item[]): string {
    const kept = split.kept.map(({ item }) => item);
    const tokens = usages.reduce((sum, usage) => sum + usage.output_tokens, 0);
    const { model } = this.#request;
    const content = { model, summary, kept, replaces: users === undefined, users, tokens };
    return sealCompaction(content, this.#scope.tenant, this.#sealer);
  }
}

/** True where the input ends with a `compaction_trigger`. */
export function asksForCompaction({ input }: Pick<CreateRequest, "input">): boolean {
  return Array.isArray(input) && input.at(-1)?.type === "compaction_trigger";
}

function estimateShown(entries: readonly ContextEntry[]): number {
  return entries.reduce((sum, { shown }) => sum + estimateTokens(shown), 0);
}
