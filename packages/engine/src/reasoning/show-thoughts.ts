import type {
  CreateRequest,
  InputTransformation,
  Item,
  ReasoningItem,
  ResponseObject,
} from "@gateway/protocol";
import { isUserMessage, noSummaries, type SummaryIds } from "../message-author.ts";
import type { Sealer } from "../sealer.ts";
import { openThought } from "./sealed-thought.ts";

/** A context with its thoughts as a model can be shown them. */
export interface ShownThoughts {
  items: Item[];
  /** Thoughts that are kept from the model, in the order of the context. */
  removed: InputTransformation[];
  /** Which thoughts are shown: of the turn that the last message of a user began, or of all. */
  context: "current_turn" | "all_turns";
}

/**
 * Opens the thoughts that callers have kept sealed, in the history and in the input alike, and leaves out those that
 * the model must not or should not see.
 *
 * - With `reasoning.context: "current_turn"`, what was thought before the last message of a user is left out. The
 *   default, `auto`, leaves the choice to the model. Here that means to send all: the chat template of an open-weight
 *   model itself drops the thoughts that the model was not trained to see again.
 * - A sealed thought of another model is left out, whatever else the item says: the seal proves whose it is. Models are
 *   told apart by the names that requests ask for.
 * - What cannot be opened proves nothing, so its item is taken as one without a seal: readable text in it (content, or a
 *   summary) is the caller's own word and is shown like any other; an item with nothing else in it is left out.
 *
 * `summaries` are the messages that stand for compacted context: they begin no turn.
 */
export function showThoughts(
  items: Item[],
  { model, reasoning }: Pick<CreateRequest, "model" | "reasoning">,
  tenant: string,
  sealer: Sealer,
  summaries: SummaryIds = noSummaries,
): ShownThoughts {
  const context = reasoning?.context === "current_turn" ? "current_turn" : "all_turns";
  const isAsked = (item: Item) => isUserMessage(item, summaries.has(item.id));
  const turn = context === "current_turn" ? items.findLastIndex(isAsked) : 0;
  const removed: InputTransformation[] = [];
  const shown = items.flatMap((item, position) => {
    if (item.type !== "reasoning") return [item];
    const open = position < turn ? "turn_boundary" : openItem(item, model, tenant, sealer);
    if (typeof open !== "string") return [open];
    removed.push({ id: item.id, type: "reasoning", action: "removed", reason: open });
    return [];
  });
  return { items: shown, removed, context };
}

/**
 * Says in a response that begins which thoughts were kept from its model, and in place of the mode that was asked for
 * the one in force (API reference, "reasoning.context"). Where there is nothing to say, nothing is added.
 */
export function tellThoughts(
  response: ResponseObject,
  { removed, context }: Pick<ShownThoughts, "removed" | "context">,
): ResponseObject {
  const { reasoning } = response;
  return {
    ...response,
    ...(reasoning.context != null && { reasoning: { ...reasoning, context } }),
    ...(removed.length > 0 && { input_transformations: removed }),
  };
}

/** The item with its thought readable, or why the model is not shown it. */
function openItem(
  { encrypted_content: sealed, ...item }: ReasoningItem,
  model: string,
  tenant: string,
  sealer: Sealer,
): Item | InputTransformation["reason"] {
  // What is not sealed: an empty text is how some clients say that there is none.
  if (sealed == null || sealed === "") return item;
  const thought = openThought(sealed, tenant, sealer);
  if (thought === undefined) return isReadable(item) ? item : "organization_mismatch";
  if (thought.model !== model) return "model_mismatch";
  return { ...item, content: [{ type: "reasoning_text", text: thought.text }] };
}

function isReadable({ content, summary }: Pick<ReasoningItem, "content" | "summary">): boolean {
  return [...(content ?? []), ...(summary ?? [])].some(({ text }) => text !== "");
}
