import type { FunctionTool, ItemStatus, McpCallError, McpListedTool, McpTool } from "@gateway/protocol";
import type { RequestScope } from "../engine-deps.ts";
import type { Emit } from "../open-item.ts";
import { defuse } from "../tools/defuse.ts";
import { openInTurn, turnOf } from "../tools/parallel-to.ts";
import { readArguments } from "../tools/read-arguments.ts";
import { type BegunCall, type ServerCall, type ServerTool, ToolInputError } from "../tools/server-tool.ts";
import type { McpClient, McpOutcome, McpServer } from "./mcp-client.ts";
import type { McpToolName } from "./offered-names.ts";
import { type McpCallFacts, OpenMcpApproval, OpenMcpCall, type WrittenMcpCall } from "./open-mcp-call.ts";
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
  /** Calls that were told of and not carried out yet, of all servers: those of one turn of the model. */
  waiting: Set<OpenMcpCall>;
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
  const facts: McpCallFacts = { label, tool: listed.name };
  const asks = needsApproval(declared, listed);
  const run = (args: string, approval: string | null, signal: AbortSignal): ServerCall => {
    let outcome: McpOutcome | undefined;
    let opened: OpenMcpCall | undefined;
    const work = callTool({ ...facts, args }, rest, signal).then((found) => {
      outcome = found;
      opened?.ended(found);
    });
    return {
      work,
      open(id, index, emit) {
        opened = new OpenMcpCall(id, index, emit, facts, approval);
        opened.arguments(args);
        opened.written();
        if (outcome !== undefined) opened.ended(outcome);
        return opened;
      },
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
      const text = toJson(args);
      if (!asks) return run(text, null, signal);
      // Nobody is asked to approve of what makes no sense.
      readArguments(args);
      return ask({ ...facts, args: text });
    },
    // The model wrote them in a turn that is over: that they make no sense is how the call goes.
    callApproved: (args, approval, signal) => run(toJson(args), approval, signal),
    // What is to be approved of first is shown whole.
    ...(!asks && {
      begin: (id, index, emit) => {
        const [first] = rest.waiting;
        return openInTurn(
          first && turnOf(first.item),
          emit,
          (marking) => new BegunMcpCall(id, index, marking, facts, rest),
        );
      },
    }),
  };
}

/** What a call is carried out with. */
type Caller = Pick<McpToolParts, "client" | "server" | "scope" | "waiting">;

/** A call that is told of while the model writes it. */
class BegunMcpCall extends OpenMcpCall implements BegunCall {
  readonly #facts: McpCallFacts;
  readonly #caller: Caller;
  #runs = false;

  constructor(id: string, index: number, emit: Emit, facts: McpCallFacts, caller: Caller) {
    super(id, index, emit, facts);
    this.#facts = facts;
    this.#caller = caller;
    caller.waiting.add(this);
  }

  protected override get mayHaveRun(): boolean {
    return this.#runs;
  }

  override written(): void {
    if (this.item.arguments.trim() === "") this.arguments("{}");
    super.written();
  }

  run(signal: AbortSignal): ServerCall {
    this.#runs = true;
    this.#caller.waiting.delete(this);
    const work = callTool({ ...this.#facts, args: this.item.arguments }, this.#caller, signal);
    return { work: work.then((outcome) => this.ended(outcome)), open: () => this };
  }

  override close(status: ItemStatus): void {
    this.#caller.waiting.delete(this);
    super.close(status);
  }
}

function ask(facts: WrittenMcpCall): ServerCall {
  return {
    itemType: "mcp_approval_request",
    asks: true,
    work: Promise.resolve(),
    open: (id, index, emit) => new OpenMcpApproval(id, index, emit, facts),
  };
}

/** The code that JSON-RPC has for parameters that make no sense. */
const invalidParams = -32_602;

async function callTool(
  { label, tool, args: text }: WrittenMcpCall,
  { client, server, scope }: Caller,
  signal: AbortSignal,
): Promise<McpOutcome> {
  const read = toArguments(text);
  if ("error" in read) return read;
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
    const outcome = await client.callTool(scope.tenant, server, { name: tool, args: read.args }, signal);
    tell("error" in outcome ? outcome.error.type : undefined);
    return outcome;
  } catch (thrown) {
    tell(signal.aborted ? "aborted" : "http_error");
    throw thrown;
  }
}

/** Arguments as they are told of. Some models write nothing at all for a tool without parameters. */
function toJson(args: string): string {
  return args.trim() === "" ? "{}" : args;
}

/** The arguments as the protocol wants them, an object; or what a call with them comes to. */
function toArguments(text: string): { args: Record<string, unknown> } | { error: McpCallError } {
  try {
    return { args: readArguments(text) };
  } catch (thrown) {
    if (!(thrown instanceof ToolInputError)) throw thrown;
    return { error: { type: "mcp_protocol_error", code: invalidParams, message: thrown.message } };
  }
}

/** Servers are strangers: what the model reads of theirs is {@link defuse}d. */
function toDefinition(name: string, declared: McpTool, listed: McpListedTool): FunctionTool {
  const { server_label: label, server_description: about } = declared;
  const schema = listed.input_schema;
  const description = [
    ...(listed.description ? [defuse(listed.description)] : []),
    ...(about ? [`Belongs to the server '${label}': ${about}`] : []),
  ].join("\n\n");
  return {
    type: "function",
    name,
    ...(description !== "" && { description }),
    parameters:
      typeof schema === "object" && schema !== null && !Array.isArray(schema)
        ? defuseSchema(schema)
        : { type: "object", properties: {} },
    strict: false,
  };
}

function defuseSchema(schema: object): Record<string, unknown> {
  const text = JSON.stringify(schema);
  const defused = defuse(text);
  return defused === text ? (schema as Record<string, unknown>) : JSON.parse(defused);
}
