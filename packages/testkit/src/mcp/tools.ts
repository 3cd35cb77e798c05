/** What a tool of a test's server is given beside its arguments. */
export interface McpToolContext {
  /** Aborted when the caller has cancelled the call or is gone. */
  signal: AbortSignal;
  /** Reports progress, where the caller listens. */
  progress(done: number, total?: number): Promise<void>;
}

/** A tool of a test's MCP server. */
export interface McpTestTool {
  name: string;
  description?: string;
  /** JSON Schema; any object where it is left out. */
  inputSchema?: Record<string, unknown>;
  outputSchema?: Record<string, unknown>;
  annotations?: Record<string, unknown>;
  /** Gives text, or a whole `CallToolResult`. What it throws becomes an error of the protocol. */
  run(
    args: Record<string, unknown>,
    context: McpToolContext,
  ): string | Record<string, unknown> | Promise<string | Record<string, unknown>>;
}

/** A tool that gives its name and its arguments back. */
export function echoTool(name: string, more: Partial<McpTestTool> = {}): McpTestTool {
  return {
    name,
    description: `Repeats what it is told, as ${name}.`,
    inputSchema: { type: "object", properties: { text: { type: "string" } } },
    run: (args) => `${name}: ${JSON.stringify(args)}`,
    ...more,
  };
}

/** A tool as `tools/list` shows it. */
export function toListing({ name, description, inputSchema, outputSchema, annotations }: McpTestTool) {
  return {
    name,
    ...(description !== undefined && { description }),
    inputSchema: inputSchema ?? { type: "object" },
    ...(outputSchema !== undefined && { outputSchema }),
    ...(annotations !== undefined && { annotations }),
  };
}

/** What a tool gave, as a `CallToolResult`. */
export function toResult(given: string | Record<string, unknown>): Record<string, unknown> {
  return typeof given === "string" ? { content: [{ type: "text", text: given }] } : given;
}
