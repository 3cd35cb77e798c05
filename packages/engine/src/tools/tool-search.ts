import { type FunctionTool, type Tool, toEchoedTool } from "@gateway/protocol";
import type { DeferredTool } from "./client/open-client-tools.ts";
import { OpenWholeCall } from "./client/open-whole-call.ts";
import { RankedTexts } from "./client/rank-tools.ts";
import { readArguments } from "./read-arguments.ts";
import { type ServerTool, ToolInputError } from "./server-tool.ts";

/** Tools that one search loads: each costs the model context. */
const maxFound = 8;
/** Tools without a namespace that are named to the model beforehand. */
const maxNamed = 50;
const maxQueryChars = 1024;

/** What tools stand in: a namespace, or a server. */
interface ToolGroup {
  /** One for all of a group's tools; groups of different kinds have different ones. */
  key: string;
  name: string;
  description: string | null | undefined;
  /** The group as it was declared, with some of its tools only and without what is secret. */
  declare(inside: readonly FindableTool[]): Record<string, unknown>;
}

/** A tool that is not offered before a search has found it. */
export interface FindableTool {
  name: string;
  description: string | null | undefined;
  /** JSON Schema. */
  parameters: unknown;
  /** The tool as it was declared. */
  declared: Record<string, unknown>;
  group?: ToolGroup | undefined;
  /** Adds it to those that are offered: the model has it from its next turn on. */
  load(): void;
}

/** A tool of the caller's as one that can be found; `load` then adds it to those that are offered. */
export function toFindable(deferred: DeferredTool, load: (found: DeferredTool) => void): FindableTool {
  const { declared, namespace } = deferred;
  return {
    name: declared.name,
    description: declared.description,
    parameters: declared.type === "function" ? declared.parameters : undefined,
    declared,
    group: namespace && {
      key: `namespace ${namespace.name}`,
      name: namespace.name,
      description: namespace.description,
      declare: (inside) => ({ ...namespace, tools: inside.map((one) => ({ ...one.declared })) }),
    },
    load: () => load(deferred),
  };
}

/** The search for tools that this server makes, among those that are to be loaded later. What it finds is loaded. */
export function openServerToolSearch(name: string, deferred: readonly FindableTool[]): ServerTool {
  let texts: RankedTexts | undefined;
  return {
    type: "tool_search",
    itemType: "tool_search_call",
    definition: toDefinition(name, deferred),
    call(args) {
      const query = readQuery(args);
      texts ??= new RankedTexts(deferred.map(toText));
      const found = texts.rank(query, maxFound).flatMap((place) => deferred[place] ?? []);
      for (const tool of found) tool.load();
      const common = { status: "in_progress", execution: "server", call_id: null } as const;
      return {
        work: Promise.resolve(),
        open: (id, index, emit) =>
          new OpenWholeCall({ type: "tool_search_call", id, ...common, arguments: { query } }, index, emit),
        result: {
          itemType: "tool_search_output",
          open: (id, index, emit) =>
            new OpenWholeCall(
              { type: "tool_search_output", id, ...common, tools: toDeclared(found) },
              index,
              emit,
            ),
        },
      };
    },
  };
}

function readQuery(args: string): string {
  const expected = 'Expected {"query": "…"}.';
  const { query } = readArguments(args, expected);
  if (typeof query !== "string" || query.trim() === "")
    throw new ToolInputError(`There is no query. ${expected}`);
  return query.trim().slice(0, maxQueryChars).toWellFormed();
}

/** What is known of a tool, in words. */
function toText({ name: own, description, parameters, group }: FindableTool): string {
  const { properties } = (parameters ?? {}) as { properties?: unknown };
  const described = typeof properties === "object" && properties !== null ? Object.entries(properties) : [];
  return [
    group?.name,
    group?.description,
    own,
    description,
    ...described.map(
      ([name, schema]) => `${name} ${(schema as { description?: unknown } | null)?.description ?? ""}`,
    ),
  ]
    .filter(Boolean)
    .join("\n");
}

/** The tools as they were declared, those of a group inside it. */
function toDeclared(found: readonly FindableTool[]): Record<string, unknown>[] {
  const told = new Set<string>();
  return found.flatMap(({ declared, group }) => {
    if (group === undefined) return [toEchoedTool(declared as Tool)];
    if (told.has(group.key)) return [];
    told.add(group.key);
    return [group.declare(found.filter((other) => other.group?.key === group.key))];
  });
}

function toDefinition(name: string, deferred: readonly FindableTool[]): FunctionTool {
  const groups = new Map(deferred.flatMap(({ group }) => (group ? [[group.key, group] as const] : [])));
  const lines = [...groups.values()].map((group) =>
    group.description ? `- ${group.name}: ${group.description}` : `- ${group.name}`,
  );
  const single = deferred.flatMap((tool) => (tool.group ? [] : [tool.name]));
  if (single.length > 0) lines.push(`- ${single.slice(0, maxNamed).join(", ")}`);
  return {
    type: "function",
    name,
    description: [
      "Looks for further tools, which can be called once it has found them. Use it whenever none of the tools at hand can do what is needed.",
      ...(lines.length > 0 ? [`There are tools of these kinds:\n${lines.join("\n")}`] : []),
    ].join("\n\n"),
    parameters: {
      type: "object",
      properties: {
        query: { type: "string", description: "What the tool should be able to do, in a few words." },
      },
      required: ["query"],
      additionalProperties: false,
    },
    strict: false,
  };
}
