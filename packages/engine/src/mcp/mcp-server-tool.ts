import type { FunctionTool, McpListedTool, McpTool } from "@gateway/protocol";
import type { RequestScope } from "../engine-deps.ts";
import { type ServerCall, type ServerTool, ToolInputError } from "../tools/server-tool.ts";
import type { McpClient, McpOutcome, McpServer } from "./mcp-client.ts";
import type { McpToolName } from "./offered-names.ts";
import { type McpCallFacts, OpenMcpApproval, OpenMcpCall } from "./open-mcp-call.ts";
import { needsApproval } from "./tool-filter.ts";

/** A tool of an MCP server that the model is offered. */
export interface McpServerTool extends ServerTool {
  readonly label: string;
  /** Its name at the server. */
  readonly tool: string;
  /** Starts a call that the caller has approved of. */
  callApproved(args: string, approvalRequestId: string, signal: AbortSignal): ServerCall;
}

/** What a tool of an MCP server is made of. */
export interface McpToolParts {
  /** The name that the model is to know it by. */
  name: string;
  declared: McpTool;
  listed: McpListedTool;
  server: McpServer;
  client: McpClient;
  scope: RequestScope;
}

/** True for a tool of an MCP server. */
export function isMcpServerTool(tool: ServerTool): tool is McpServerTool {
  return tool.type === "mcp";
}

/** The name that the model knows a server's tool by; undefined where it is not offered. */
export function offeredNameOf(
  servers: ReadonlyMap<string, ServerTool>,
  { label, tool }: McpToolName,
): string | undefined {
  for (const [name, offered] of servers) {
    if (isMcpServerTool(offered) && offered.label === label && offered.tool === tool) return name;
  }
  return undefined;
}

/** Makes a tool of an MCP server one that the model can be offered. */
export function toMcpServerTool({ name, declared, listed, ...rest }: McpToolParts): McpServerTool {
  const { server_label: label } = declared;
  const run = (args: string, approval: string | null, signal: AbortSignal): ServerCall => {
    const facts = { label, tool: listed.name, args };
    let outcome: McpOutcome | undefined;
    const work = callTool(facts, rest, signal).then((found) => {
      outcome = found;
    });
    return {
      work,
      open: (id, index, emit) => new OpenMcpCall(id, index, emit, facts, approval, () => outcome),
    };
  };
  return {
    type: "mcp",
    itemType: "mcp_call",
    label,
    tool: listed.name,
    definition: toDefinition(name, declared, listed),
    isChosenBy: ({ server_label: chosen, name: named }) =>
      (chosen == null || chosen === label) && (named == null || named === listed.name),
    call(args, signal) {
      const text = args.trim() === "" ? "{}" : args;
      readArguments(text);
      return needsApproval(declared, listed)
        ? ask({ label, tool: listed.name, args: text })
        : run(text, null, signal);
    },
    callApproved: run,
  };
}

function ask(facts: McpCallFacts): ServerCall {
  return {
    itemType: "mcp_approval_request",
    asks: true,
    work: Promise.resolve(),
    open: (id, index, emit) => new OpenMcpApproval(id, index, emit, facts),
  };
}

async function callTool(
  { label, tool, args }: McpCallFacts,
  { client, server, scope }: Pick<McpToolParts, "client" | "server" | "scope">,
  signal: AbortSignal,
): Promise<McpOutcome> {
  const begun = performance.now();
  const tell = (fault?: "aborted" | "mcp_protocol_error" | "mcp_tool_execution_error" | "http_error") =>
    scope.onMcpUse?.({
      operation: "tools/call",
      server: label,
      tool,
      milliseconds: performance.now() - begun,
      ...(fault !== undefined && { fault }),
    });
  try {
    const outcome = await client.callTool(
      scope.tenant,
      server,
      { name: tool, args: readArguments(args) },
      signal,
    );
    tell("error" in outcome ? outcome.error.type : undefined);
    return outcome;
  } catch (thrown) {
    tell(signal.aborted ? "aborted" : "http_error");
    throw thrown;
  }
}

/** The arguments as the protocol wants them: an object. */
function readArguments(args: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(args);
  } catch {
    throw new ToolInputError("The arguments are not valid JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ToolInputError("The arguments have to be a JSON object.");
  return value as Record<string, unknown>;
}

function toDefinition(name: string, declared: McpTool, listed: McpListedTool): FunctionTool {
  const { server_label: label, server_description: about } = declared;
  const schema = listed.input_schema;
  const description = [
    ...(listed.description ? [listed.description] : []),
    ...(about ? [`Belongs to the server '${label}': ${about}`] : []),
  ].join("\n\n");
  return {
    type: "function",
    name,
    ...(description !== "" && { description }),
    parameters:
      typeof schema === "object" && schema !== null && !Array.isArray(schema)
        ? (schema as Record<string, unknown>)
        : { type: "object", properties: {} },
    strict: false,
  };
}
