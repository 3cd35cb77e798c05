import {
  ApiError,
  type CreateRequest,
  type Item,
  type ResponseObject,
  toInitialResponse,
} from "@gateway/protocol";
import { loadContext } from "./context.ts";
import type { EngineDeps, RequestScope } from "./engine-deps.ts";
import type { ModelBackend, ModelTurn } from "./model-backend.ts";
import { pathsInto } from "./param-path.ts";
import { renderPrompt } from "./render-prompt.ts";
import { FileResolver } from "./resolve-files.ts";
import { type ToolPolicy, toFollowingPolicy, toToolPolicy } from "./tool-policy.ts";
import { nameOfItems, offerTools } from "./tools/offer-tools.ts";
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
}

/**
 * Collects what the model is to be shown. `done` is the output of turns that a former process has brought to an end.
 * Whatever is wrong with the request, or missing, is thrown as an {@link ApiError}.
 */
export async function prepare(
  request: CreateRequest,
  id: string,
  done: readonly Item[],
  scope: RequestScope,
  deps: EngineDeps,
): Promise<Prepared> {
  try {
    const [prompt, context, { backend, model }, offer] = await Promise.all([
      renderPrompt(request.prompt, scope.tenant, deps.prompts),
      loadContext(request, id, scope, deps),
      deps.catalog.resolve(request.model),
      offerTools(request.tools ?? [], scope, deps),
    ]);
    const initial = toInitialResponse(request, id, Math.floor(deps.now() / 1000), prompt);
    const first = toToolPolicy(offer, initial.tool_choice, initial.parallel_tool_calls);
    const policy = done.length === 0 ? first : toFollowingPolicy(first, initial.tool_choice, true);
    const sources = new Sources();
    const files = new FileResolver(scope, deps.files);
    const items = [
      ...(await files.resolve(prompt, () => () => "prompt.variables")),
      ...(await files.resolve(context.items, (item) =>
        // What the history refers to may have gone since; that is no fault of this request.
        context.places.has(item.id) ? pathsInto(context.places, item) : undefined,
      )),
      ...done,
    ];
    const turn: ModelTurn = {
      request,
      model,
      instructions: request.instructions ?? null,
      items: sources.show(items, (type) => nameOfItems(offer, type)),
      places: context.places,
      tools: policy.tools,
      toolChoice: policy.choice,
      maxOutputTokens: request.max_output_tokens,
    };
    return { initial, input: context.input, context: context.items, backend, turn, policy, sources };
  } catch (thrown) {
    throw ApiError.from(thrown);
  }
}
