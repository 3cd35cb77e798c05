import {
  type CustomTool,
  type DeclaredClientTool,
  type FunctionTool,
  isClientTool,
  type NamespaceTool,
  type PlacedTool,
  unprocessable,
} from "@gateway/protocol";
import { openApplyPatchTool } from "./apply-patch-tool.ts";
import type { ClientTool } from "./client-tool.ts";
import type { Toolbox } from "./collect-tools.ts";
import { openComputerTool } from "./computer-tool.ts";
import { openCustomTool } from "./custom-tool.ts";
import { freeName, toFlatName } from "./flat-name.ts";
import { openFunctionTool } from "./function-tool.ts";
import { isWantedClient } from "./is-wanted-client.ts";
import { openLocalShellTool, openShellTool } from "./shell-tools.ts";
import { openToolSearchTool } from "./tool-search-tool.ts";

/** Characters of all grammars of a request together. */
const maxGrammarChars = 256 * 1024;

/** One tool with nothing around it. */
interface SingleTool {
  declared: Exclude<DeclaredClientTool, { type: "namespace" }>;
  namespace: NamespaceTool | undefined;
  param: string;
  /** True for one that waits until a search finds it. */
  waits: boolean;
  /** True for one that a search is to find, or has found. */
  deferred: boolean;
  found: boolean;
}

/** A tool that is not offered before a search has found it. */
export interface DeferredTool {
  /** The name that it is to be offered under. */
  offered: string;
  tool: ClientTool;
  declared: FunctionTool | CustomTool;
  namespace: NamespaceTool | undefined;
}

/** The tools that the caller runs. */
export interface OpenedTools {
  /** Those to offer at once, by the names that a model is offered them under. */
  clients: Map<string, ClientTool>;
  deferred: DeferredTool[];
}

/**
 * Opens the tools that the caller runs. One that is declared again replaces the one before. Those that are to be loaded
 * later (`defer_loading`) are deferred while there is a search that can find them; what a search has found, or
 * `tool_choice` wants at once, is not. Throws a 422 where one of them cannot be read.
 */
export function openClientTools(toolbox: Toolbox, onFault: (message: string) => void): OpenedTools {
  const singles = new Map<string, SingleTool>();
  for (const single of toolbox.tools.flatMap((placed) => toSingles(placed, toolbox))) {
    const key = keyOf(single);
    const before = singles.get(key);
    // Declaring a tool again does not undo that it was found, nor finding it that it was to be found.
    const waits = single.waits && before?.waits !== false;
    const deferred = single.deferred || (single.found && before?.deferred === true);
    singles.set(key, { ...single, waits, deferred });
  }
  boundGrammars([...singles.values()]);
  const opened: OpenedTools = { clients: new Map(), deferred: [] };
  const taken = new Set<string>();
  // Functions keep their names; those that are given one come after.
  const byName = [...singles.values()].sort((a, b) => rank(a) - rank(b));
  for (const single of byName) {
    const offered = freeName(offeredName(single), taken);
    taken.add(offered);
    const tool = openTool(single, offered, onFault);
    const { declared, namespace } = single;
    const waits = single.waits && !toolbox.wanted.some((wanted) => isWantedClient(tool, wanted));
    if (waits && (declared.type === "function" || declared.type === "custom"))
      opened.deferred.push({ offered, tool, declared, namespace });
    else opened.clients.set(offered, tool);
  }
  return opened;
}

/** Each grammar takes its time to be read, so there is a limit to all of a request. Throws a 422 that names the first beyond. */
function boundGrammars(singles: readonly SingleTool[]): void {
  let chars = 0;
  for (const { declared, param } of singles) {
    if (declared.type !== "custom" || declared.format?.type !== "grammar") continue;
    chars += declared.format.definition.length;
    if (chars <= maxGrammarChars) continue;
    throw unprocessable(
      `The grammars of all tools together are longer than ${maxGrammarChars} characters, this one included.`,
      { param: `${param}.format.definition`, code: "string_above_max_length" },
    );
  }
}

function toSingles(placed: PlacedTool, { found, searches }: Toolbox): SingleTool[] {
  const { declared, param } = placed;
  if (!isClientTool(declared)) return [];
  const wasFound = found.has(placed);
  const loading = (single: SingleTool["declared"]) => {
    const defers = "defer_loading" in single && single.defer_loading === true;
    return {
      waits: searches && !wasFound && defers,
      deferred: (searches || wasFound) && defers,
      found: wasFound,
    };
  };
  if (declared.type !== "namespace") return [{ declared, namespace: undefined, param, ...loading(declared) }];
  return declared.tools.map((inner, index) => ({
    declared: inner,
    namespace: declared,
    param: `${param}.tools[${index}]`,
    ...loading(inner),
  }));
}

function keyOf({ declared, namespace }: SingleTool): string {
  const name = "name" in declared ? declared.name : "";
  return JSON.stringify([declared.type, namespace?.name, name]);
}

function rank({ declared, namespace }: SingleTool): number {
  if (namespace !== undefined) return 1;
  return declared.type === "function" || declared.type === "custom" ? 0 : 2;
}

function offeredName({ declared, namespace }: SingleTool): string {
  if (declared.type !== "function" && declared.type !== "custom") return nameOfType(declared.type);
  return namespace === undefined ? declared.name : toFlatName(namespace.name, declared.name);
}

/** What a tool without a name is offered as. */
export function nameOfType(type: string): string {
  return type === "computer_use_preview" ? "computer" : type;
}

function openTool(
  { declared, namespace, param, deferred }: SingleTool,
  offered: string,
  onFault: (message: string) => void,
): ClientTool {
  switch (declared.type) {
    case "function":
      return openFunctionTool(withContext(declared, namespace), offered, {
        namespace: namespace?.name,
        deferred,
      });
    case "custom":
      return openCustomTool(withContext(declared, namespace), {
        offered,
        namespace: namespace?.name,
        param,
        onFault,
      });
    case "local_shell":
      return openLocalShellTool(offered);
    case "shell":
      return openShellTool(declared.environment, offered);
    case "apply_patch":
      return openApplyPatchTool(offered);
    case "tool_search":
      return openToolSearchTool(declared, offered);
    case "computer":
    case "computer_use_preview":
      return openComputerTool(declared, offered);
  }
}

/** Chat completions have no place for what a namespace says of its tools but the tools themselves. */
function withContext<T extends { description?: string | null | undefined }>(
  declared: T,
  namespace: NamespaceTool | undefined,
): T {
  if (!namespace?.description) return declared;
  return {
    ...declared,
    description: [namespace.description, declared.description].filter(Boolean).join("\n\n"),
  };
}
