import {
  ApiError,
  type CreateRequest,
  type Item,
  type ResponseObject,
  toInitialResponse,
} from "@gateway/protocol";
import { Compactor } from "./compaction/compactor.ts";
import { addDone, loadContext } from "./context.ts";
import { type ContextEntry, toTurnContext } from "./context-entry.ts";
import type { EngineDeps, RequestScope } from "./engine-deps.ts";
import type { ModelBackend, ModelTurn, TokenCount } from "./model-backend.ts";
import { pathsInto } from "./param-path.ts";
import { showThoughts, tellThoughts } from "./reasoning/show-thoughts.ts";
import { renderPrompt } from "./render-prompt.ts";
import { FileResolver } from "./resolve-files.ts";
import { type ToolPolicy, toFollowingPolicy, toToolPolicy } from "./tool-policy.ts";
import { nameOfItems, offerTools } from "./tools/offer-tools.ts";
import { Sources } from "./tools/sources.ts";
import { toTruncating } from "./truncation/truncating-backend.ts";

/** A request with everything that its model is to be shown, before the model is called. */
export interface Prepared {
  /** The response as it begins. */
  initial: ResponseObject;
  /** The request's own input with ids: what is stored with the response. */
  input: Item[];
  /** History and input, oldest first, as a later response that continues this one finds them. */
  context: Item[];
  /** What the request's prompt was rendered to, as the model is shown it. */
  prompt: Item[];
  /** The context as the model is shown it: what is done included. */
  entries: ContextEntry[];
  /** Decides when the context is compacted. */
  compactor: Compactor;
  /** Tokens of summaries that were written before, which `max_output_tokens` does not count. */
  uncounted: number;
  backend: ModelBackend;
  /** Counts what the model would be shown first of the turn. Throws as `ModelBackend.countTokens` does. */
  countSent(): Promise<TokenCount>;
  turn: ModelTurn;
  policy: ToolPolicy;
  sources: Sources;
}

/**
 * Collects what the model is to be shown. `done` is the output of turns that a former process has brought to an end.
 * Whatever is wrong with the request, or missing, is thrown as an {@link ApiError}.
 */
export async function prepare(
  request: CreateRequest,
  id: string,
  scope: RequestScope,
  deps: EngineDeps,
  done: readonly Item[] = [],
): Promise<Prepared> {
  try {
    const [prompt, context, { backend, model, countSent }, offer] = await Promise.all([
      renderPrompt(request.prompt, scope.tenant, deps.prompts),
      loadContext(request, id, scope, deps),
      deps.catalog.resolve(request.model).then((route) => toTruncating(route, request, scope)),
      offerTools(request.tools ?? [], scope, deps),
    ]);
    const whole = addDone(context, done, scope, deps.sealer);
    const thoughts = showThoughts(whole.items, request, scope.tenant, deps.sealer, whole.summaries);
    const begun = toInitialResponse(request, id, Math.floor(deps.now() / 1000), prompt);
    const initial = tellThoughts(begun, thoughts);
    const first = toToolPolicy(offer, initial.tool_choice, initial.parallel_tool_calls);
    // A compaction is output that no tool has made.
    const hasRun = done.some(({ type }) => type !== "compaction");
    const policy = hasRun ? toFollowingPolicy(first, initial.tool_choice, true) : first;
    const sources = new Sources();
    const files = new FileResolver(scope, deps.files);
    const shownPrompt = await files.resolve(prompt, () => () => "prompt.variables");
    const resolved = await files.resolve(thoughts.items, (item) =>
      // What the history refers to may have gone since; that is no fault of this request.
      context.places.has(item.id) ? pathsInto(context.places, item) : undefined,
    );
    const stored = new Map(whole.items.map((item) => [item.id, item]));
    const entries = resolved.map((item) => ({
      item: stored.get(item.id) ?? item,
      shown: sources.show([item], (type) => nameOfItems(offer, type)),
      summary: whole.summaries.get(item.id),
    }));
    const turn: ModelTurn = {
      request,
      model,
      instructions: request.instructions ?? null,
      ...toTurnContext(shownPrompt, entries),
      places: context.places,
      tools: policy.tools,
      toolChoice: policy.choice,
      maxOutputTokens: request.max_output_tokens,
    };
    return {
      initial,
      input: context.input,
      context: context.stored,
      prompt: shownPrompt,
      entries,
      compactor: new Compactor(request, { backend, model }, scope, deps),
      uncounted: whole.tokens,
      backend,
      countSent: () => countSent(turn, scope.abort.signal),
      turn,
      policy,
      sources,
    };
  } catch (thrown) {
    throw ApiError.from(thrown);
  }
}
