import type { ContentPart, FunctionCallOutputItem, Item, OutputItem } from "@gateway/protocol";
import type { ClientTool } from "./client/client-tool.ts";
import { toFlatName } from "./client/flat-name.ts";
import { nameOfType } from "./client/open-client-tools.ts";
import { renderShellOutput, renderToolSearch } from "./client/render-outputs.ts";

/** What an item of another type is shown as. */
interface Shown {
  name: string;
  args: unknown;
}

/**
 * Says of each of the items how a backend can show it: calls of the caller's tools, whatever their type, become function calls under
 * the names that the model is offered the tools by, and their outputs function outputs. A tool that is not offered any
 * more is shown under the name it would have. Items that say with what the model is to go on are left out.
 */
export function openCallView(
  items: readonly Item[],
  clients: ReadonlyMap<string, ClientTool>,
): (item: Item) => Item[] {
  const names = new OfferedNames(clients);
  const ids = searchIdsIn(items);
  return (item) => {
    const id = ids.get(item);
    return showItem(id === undefined ? item : ({ ...item, call_id: id } as Item), names);
  };
}

/**
 * Gives searches that a server made by itself ids to be told by, since they have none: what was found goes with the
 * search before it. A search without an outcome gets none.
 */
function searchIdsIn(items: readonly Item[]): ReadonlyMap<Item, string> {
  const ids = new Map<Item, string>();
  let search: Item | undefined;
  for (const item of items) {
    if (item.type === "tool_search_call" && item.call_id == null) search = item;
    else if (item.type === "tool_search_output" && item.call_id == null && search !== undefined) {
      ids.set(search, search.id).set(item, search.id);
      search = undefined;
    }
  }
  return ids;
}

/**
 * What the model has thought and said in a turn that is not over yet: its calls are answered, since servers want every call to be,
 * though their outputs are still to come.
 */
export function showPassed(output: readonly OutputItem[], clients: ReadonlyMap<string, ClientTool>): Item[] {
  const said = output as readonly Item[];
  return said
    .flatMap(openCallView(said, clients))
    .flatMap((item) =>
      item.type === "function_call"
        ? [
            item,
            ...toOutput(item, "Passed on to the user; the output follows later. Do not repeat this call."),
          ]
        : [item],
    );
}

function showItem(item: Item, names: OfferedNames): Item[] {
  switch (item.type) {
    case "additional_tools":
    case "configuration_update":
      return [];
    case "function_call":
      if (item.namespace == null) return [item];
      return [{ ...item, name: names.of("function", item.name, item.namespace) }];
    case "custom_tool_call":
      return toCall(item, {
        name: names.of("custom", item.name, item.namespace),
        args: { input: item.input },
      });
    case "local_shell_call": {
      const { type: _type, ...args } = item.action;
      return toCall(item, { name: names.of("local_shell"), args });
    }
    case "shell_call":
      return toCall(item, { name: names.of("shell"), args: item.action });
    case "apply_patch_call":
      return toCall(item, { name: names.of("apply_patch"), args: item.operation });
    case "computer_call": {
      const args = item.actions == null ? { action: item.action } : { actions: item.actions };
      return toCall(item, { name: names.ofItems("computer_call", "computer"), args });
    }
    case "tool_search_call":
      return toCall(item, { name: names.of("tool_search"), args: item.arguments ?? {} });
    case "custom_tool_call_output":
    case "local_shell_call_output":
      return toOutput(item, item.output);
    case "shell_call_output":
      return toOutput(item, renderShellOutput(item.output));
    case "apply_patch_call_output":
      return toOutput(item, [item.status, item.output].filter(Boolean).join("\n"));
    case "computer_call_output": {
      const { image_url, file_id } = item.output;
      return toOutput(item, [{ type: "input_image", image_url, file_id }]);
    }
    case "tool_search_output":
      return toOutput(item, renderToolSearch(item.tools, names.of.bind(names)));
    default:
      return [item];
  }
}

function toCall(
  {
    id,
    call_id,
    status,
  }: { id: string; call_id?: string | null | undefined; status?: string | null | undefined },
  { name, args }: Shown,
): Item[] {
  if (call_id == null) return [];
  return [
    { type: "function_call", id, call_id, name, arguments: JSON.stringify(withoutNulls(args)), status },
  ];
}

function toOutput(
  { id, call_id }: { id: string; call_id?: string | null | undefined },
  output: string | readonly ContentPart[],
): Item[] {
  if (call_id == null) return [];
  const content = output as FunctionCallOutputItem["output"];
  return [{ type: "function_call_output", id, call_id, output: content, status: "completed" }];
}

/** What was not said in a call need not be read. */
function withoutNulls(args: unknown): unknown {
  if (typeof args !== "object" || args === null || Array.isArray(args)) return args;
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value != null));
}

/** The names under which tools are offered. */
class OfferedNames {
  readonly #names = new Map<string, string>();
  readonly #items = new Map<string, string>();

  constructor(clients: ReadonlyMap<string, ClientTool>) {
    for (const [offered, { type, name, namespace, itemType }] of clients) {
      this.#names.set(keyOf(type, name, namespace), offered);
      this.#items.set(itemType, offered);
    }
  }

  of(type: string, name?: string, namespace?: string | null): string {
    const offered = this.#names.get(keyOf(type, name, namespace));
    if (offered !== undefined) return offered;
    if (name === undefined) return nameOfType(type);
    // A tool in no namespace that a search has found: its calls have its own name as one.
    if (namespace === name) return this.of(type, name);
    return namespace == null ? name : toFlatName(namespace, name);
  }

  ofItems(itemType: string, otherwise: string): string {
    return this.#items.get(itemType) ?? otherwise;
  }
}

function keyOf(type: string, name?: string, namespace?: string | null): string {
  return JSON.stringify([type, name ?? null, namespace ?? null]);
}
