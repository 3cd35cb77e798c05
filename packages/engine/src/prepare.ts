import {
  ApiError,
  type CreateRequest,
  type Item,
  type ResponseObject,
  toInitialResponse,
} from "@gateway/protocol";
import { loadContext } from "./context.ts";
import type { EngineDeps, RequestScope } from "./engine-deps.ts";
import type { Prelude } from "./mcp/begin-turns.ts";
import { prepareMcp } from "./mcp/prepare-mcp.ts";
import { showMcpItems } from "./mcp/show-mcp-items.ts";
import type { ModelBackend, ModelTurn } from "./model-backend.ts";
import { pathsInto } from "./param-path.ts";
import { renderPrompt } from "./render-prompt.ts";
import { FileResolver } from "./resolve-files.ts";
import { servicesOf } from "./services.ts";
import { checkChoice, type ToolPolicy, toFollowingPolicy, toToolPolicy } from "./tool-policy.ts";
import { noToolUsage } from "./tool-usage.ts";
import { collectTools } from "./tools/client/collect-tools.ts";
import { configure } from "./tools/client/configure.ts";
import { nameOfItems, offerTools, reportsUse } from "./tools/offer-tools.ts";
import { showCalls } from "./tools/show-calls.ts";
import { Sources } from "./tools/sources.ts";

/** A request with everything that its model is to be shown, before the model is called. */
export interface Prepared {
  /** The response as it begins. */
  initial: ResponseObject;
  /** The request's own input with ids: what is stored with the response. */
  input: Item[];
  /** History and input, oldest first, as a later response that continues this one finds them. */
  context: Item[];
  backend: ModelBackend;
  turn: ModelTurn;
  policy: ToolPolicy;
  sources: Sources;
  /** What is done before the first turn. */
  prelude: Prelude;
}

/**
 * Collects what the model is to be shown. `done` is the output of turns that a former process has brought to an end.
 * Whatever is wrong with the request, or missing, is thrown as an {@link ApiError}. With `asksServers` false no MCP server
 * is asked for its tools, which are then not offered: for a check of what is to be run later.
 */
export async function prepare(
  asked: CreateRequest,
  id: string,
  done: readonly Item[],
  scope: RequestScope,
  deps: EngineDeps,
  { asksServers = true } = {},
): Promise<Prepared> {
  try {
    const [prompt, context, { backend, model }] = await Promise.all([
      renderPrompt(asked.prompt, scope.tenant, deps.prompts),
      loadContext(asked, id, scope, deps),
      deps.catalog.resolve(asked.model),
    ]);
    const request = configure(asked, context.items);
    const toolbox = collectTools(request, { ...context, items: [...context.items, ...done] });
    const ownOffer = await offerTools(toolbox, scope, deps, backend, [...context.items, ...done]);
    const { offer, prelude } = await prepareMcp(
      {
        request,
        declared: toolbox.tools,
        items: [...context.items, ...done],
        places: context.places,
        offer: ownOffer,
        asksServers,
      },
      scope,
      deps,
    );
    const initial = toInitialResponse(request, id, Math.floor(deps.now() / 1000), prompt);
    checkChoice(initial.tool_choice, offer, toolbox.tools, servicesOf(deps, backend));
    if (reportsUse(offer)) initial.tool_usage = noToolUsage;
    const first = toToolPolicy(offer, initial.tool_choice, initial.parallel_tool_calls);
    const policy = done.every(({ type }) => type === "mcp_list_tools")
      ? first
      : toFollowingPolicy(first, initial.tool_choice, true);
    const sources = new Sources();
    const files = new FileResolver(scope, deps.files, { fetcher: deps.fetcher, backend });
    const items = [
      ...(await files.resolve(prompt, () => () => "prompt.variables")),
      ...(await files.resolve(showCalls(context.items, offer.clients), (item) =>
        // What the history refers to may have gone since; that is no fault of this request.
        context.places.has(item.id) ? pathsInto(context.places, item) : undefined,
      )),
      ...showCalls(done, offer.clients),
    ];
    const turn: ModelTurn = {
      request,
      model,
      instructions: request.instructions ?? null,
      items: sources.show(
        showMcpItems(
          items,
          offer.servers,
          prelude.approved.map(({ request: { id } }) => id),
        ),
        (type, action) => nameOfItems(offer, type, action),
      ),
      places: context.places,
      tools: policy.tools,
      toolChoice: policy.choice,
      maxOutputTokens: request.max_output_tokens,
    };
    return { initial, input: context.input, context: context.items, backend, turn, policy, sources, prelude };
  } catch (thrown) {
    throw ApiError.from(thrown);
  }
}
