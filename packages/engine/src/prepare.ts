import {
  ApiError,
  type CreateRequest,
  type Item,
  isMcpTool,
  type ResponseObject,
  toInitialResponse,
} from "@gateway/protocol";
import { CallBudget } from "./call-budget.ts";
import { Compactor } from "./compaction/compactor.ts";
import { addDone, loadContext } from "./context.ts";
import { type ContextEntry, toTurnContext } from "./context-entry.ts";
import type { EngineDeps, RequestScope } from "./engine-deps.ts";
import type { Prelude } from "./mcp/mcp-prelude.ts";
import { prepareMcp } from "./mcp/prepare-mcp.ts";
import type { ModelBackend, ModelTurn, TokenCount } from "./model-backend.ts";
import { pathsInto } from "./param-path.ts";
import { showThoughts, tellThoughts } from "./reasoning/show-thoughts.ts";
import { renderPrompt } from "./render-prompt.ts";
import { FileResolver } from "./resolve-files.ts";
import { showItems } from "./show-items.ts";
import { checkChoice, type ToolPolicy, toFollowingPolicy, toToolPolicy } from "./tool-policy.ts";
import { noToolUsage } from "./tool-usage.ts";
import { collectTools, type Toolbox } from "./tools/client/collect-tools.ts";
import { configure } from "./tools/client/configure.ts";
import { type Offer, offerTools, reportsUse } from "./tools/offer-tools.ts";
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
  /** Counts the calls of the response, those of a former process among them. */
  calls: CallBudget;
  /** What is done before the first turn. */
  prelude: Prelude;
}

/**
 * Collects what the model is to be shown. `left` is the response as a former process has left it, with the output of turns
 * that it has brought to an end.
 * Whatever is wrong with the request, or missing, is thrown as an {@link ApiError}. With `asksServers` false no MCP server
 * is asked for its tools, which are then not offered: for a check of what is to be run later.
 */
export async function prepare(
  asked: CreateRequest,
  id: string,
  scope: RequestScope,
  deps: EngineDeps,
  { left, asksServers = true }: { left?: ResponseObject; asksServers?: boolean } = {},
): Promise<Prepared> {
  const done = [...(left?.output ?? [])] as Item[];
  try {
    const [prompt, context, { backend, model, countSent }] = await Promise.all([
      renderPrompt(asked.prompt, scope.tenant, deps.prompts),
      loadContext(asked, id, scope, deps),
      deps.catalog.resolve(asked.model).then((route) => toTruncating(route, asked, scope)),
    ]);
    const { places } = context;
    const whole = addDone(context, done, scope, deps.sealer);
    const request = configure(asked, whole.items);
    const toolbox = collectTools(request, { items: whole.items, places });
    const own = await offerTools(toolbox, { scope, deps, backend, items: whole.items });
    const before = { request, toolbox, items: whole.items, places, offer: own, asksServers };
    const { offer, prelude } = await prepareMcp(before, scope, deps);
    const thoughts = showThoughts(whole.items, request, scope.tenant, deps.sealer, whole.summaries);
    const begun = toInitialResponse(request, id, Math.floor(deps.now() / 1000), prompt);
    const initial = tellThoughts(begun, thoughts);
    if (reportsUse(offer)) initial.tool_usage = noToolUsage;
    const calls = new CallBudget(request.max_tool_calls, left ?? initial, offer);
    const policy = done.some(isOfTurn)
      ? toPolicyAfter(calls, initial, offer)
      : toFirstPolicy(initial, offer, asksServers ? [] : labelsOf(toolbox));
    const stored = new Map(whole.items.map((item) => [item.id, item]));
    const sources = new Sources();
    const files = new FileResolver(scope, deps.files, { fetcher: deps.fetcher, backend });
    const shownPrompt = await files.resolve(prompt, () => () => "prompt.variables");
    // What the history refers to may have gone since; that is no fault of this request. An error names what the caller
    // has sent, whatever it is shown as.
    const pathsOf = ({ id }: Item) => {
      const sent = stored.get(id);
      return sent !== undefined && places.has(id) ? pathsInto(places, sent) : undefined;
    };
    const shown = await showItems(thoughts.items, {
      offer,
      sources,
      resolve: (items) => files.resolve(items, pathsOf),
      pending: prelude.approved.map((call) => call.request.id),
    });
    const entries = thoughts.items.map((item, index) => ({
      item: stored.get(item.id) ?? item,
      shown: shown[index] ?? [],
      summary: whole.summaries.get(item.id),
    }));
    const turn: ModelTurn = {
      request,
      model,
      instructions: request.instructions ?? null,
      ...toTurnContext(shownPrompt, entries),
      places,
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
      calls,
      prelude,
    };
  } catch (thrown) {
    throw ApiError.from(thrown);
  }
}

/**
 * The policy of the first turn, after a check of what the choice names. `unasked` are the labels of MCP servers whose tools
 * are not known.
 */
function toFirstPolicy(initial: ResponseObject, offer: Offer, unasked: readonly string[]): ToolPolicy {
  checkChoice(initial.tool_choice, offer, unasked);
  return toToolPolicy(offer, initial.tool_choice, initial.parallel_tool_calls);
}

/** The policy of the turn after those that a former process has brought to an end. */
function toPolicyAfter(calls: CallBudget, initial: ResponseObject, offer: Offer): ToolPolicy {
  const first = toToolPolicy(offer, initial.tool_choice, initial.parallel_tool_calls);
  return toFollowingPolicy(first, initial.tool_choice, !calls.spent);
}

/** The labels of a request's MCP servers. */
function labelsOf({ tools }: Toolbox): string[] {
  return tools.flatMap(({ declared }) => (isMcpTool(declared) ? [declared.server_label] : []));
}

/** True for output of a turn of the model: compactions and lists of tools may come before the first. */
function isOfTurn({ type }: Item): boolean {
  return type !== "compaction" && type !== "mcp_list_tools";
}
