import type { FunctionTool } from "@gateway/protocol";
import type { ClientTool } from "./client/client-tool.ts";
import type { DeferredTool } from "./client/open-client-tools.ts";
import { OpenWholeCall } from "./client/open-whole-call.ts";
import { rankTexts } from "./client/rank-tools.ts";
import { readArguments } from "./client/read-arguments.ts";
import { type ServerTool, ToolInputError } from "./server-tool.ts";

/** Tools that one search loads: each costs the model context. */
const maxFound = 8;
/** Tools without a namespace that are named to the model beforehand. */
const maxNamed = 50;
const maxQueryChars = 1024;

/**
 * The search for tools that this server makes, among those that are to be loaded later. What it finds is added to
 * `clients`, and so offered from the model's next turn on.
 */
export function openServerToolSearch(
  name: string,
  deferred: readonly DeferredTool[],
  clients: Map<string, ClientTool>,
): ServerTool {
  const texts = deferred.map(toText);
  return {
    type: "tool_search",
    itemType: "tool_search_call",
    definition: toDefinition(name, deferred),
    call(args) {
      const query = readQuery(args);
      const found = rankTexts(texts, query, maxFound).flatMap((place) => deferred[place] ?? []);
      for (const { offered, tool } of found) clients.set(offered, tool);
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
  let given: Record<string, unknown>;
  try {
    given = readArguments(args);
  } catch (thrown) {
    throw new ToolInputError((thrown as Error).message);
  }
  const { query } = given;
  if (typeof query !== "string" || query.trim() === "")
    throw new ToolInputError('There is no query. Expected {"query": "…"}.');
  return query.trim().slice(0, maxQueryChars).toWellFormed();
}

/** What is known of a tool, in words. */
function toText({ declared, namespace }: DeferredTool): string {
  const parameters =
    declared.type === "function" ? Object.entries(declared.parameters?.properties ?? {}) : [];
  return [
    namespace?.name,
    namespace?.description,
    declared.name,
    declared.description,
    ...parameters.map(
      ([name, schema]) => `${name} ${(schema as { description?: unknown } | null)?.description ?? ""}`,
    ),
  ]
    .filter(Boolean)
    .join("\n");
}

/** The tools as they were declared, those of a namespace inside it. */
function toDeclared(found: readonly DeferredTool[]): Record<string, unknown>[] {
  const tools: Record<string, unknown>[] = [];
  const spaces = new Map<string, unknown[]>();
  for (const { declared, namespace } of found) {
    if (namespace === undefined) tools.push({ ...declared });
    else {
      const inside = spaces.get(namespace.name);
      if (inside) inside.push({ ...declared });
      else {
        const own = [{ ...declared }];
        spaces.set(namespace.name, own);
        tools.push({ ...namespace, tools: own });
      }
    }
  }
  return tools;
}

function toDefinition(name: string, deferred: readonly DeferredTool[]): FunctionTool {
  const spaces = new Map(
    deferred.flatMap(({ namespace }) =>
      namespace ? [[namespace.name, namespace.description] as const] : [],
    ),
  );
  const lines = [...spaces].map(([space, description]) =>
    description ? `- ${space}: ${description}` : `- ${space}`,
  );
  const single = deferred.flatMap(({ declared, namespace }) => (namespace ? [] : [declared.name]));
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
