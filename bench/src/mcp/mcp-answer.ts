/** The tool of the bench's n-th MCP server. */
export function toolName(number: number): string {
  return `bench_tool_${number}`;
}

/** The names of the tools of the bench that a text offers, in order, each once. */
export function toolsIn(text: string): string[] {
  return [...new Set(text.match(/bench_tool_\d+/g) ?? [])];
}

/** What a call of a tool gives. */
const result = JSON.stringify({ content: [{ type: "text", text: "the answer of a tool ".repeat(5) }] });

/**
 * The answer of the n-th server to a message of the protocol (revision 2025-06-18, without sessions); undefined for one
 * that wants none. A method that it does not have is an error, as the greeting of a newer revision is.
 */
export function mcpAnswer(body: string, number: number): string | undefined {
  const { id, method } = JSON.parse(body) as { id?: unknown; method?: string };
  if (id === undefined) return undefined;
  const head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)}`;
  switch (method) {
    case "tools/call":
      return `${head},"result":${result}}`;
    case "tools/list": {
      const inputSchema = { type: "object", properties: { text: { type: "string" } } };
      const tool = { name: toolName(number), description: "A tool of the bench.", inputSchema };
      return `${head},"result":${JSON.stringify({ tools: [tool] })}}`;
    }
    case "initialize":
      return `${head},"result":${JSON.stringify({
        protocolVersion: "2025-06-18",
        capabilities: { tools: {} },
        serverInfo: { name: "bench", version: "1.0.0" },
      })}}`;
    default:
      return `${head},"error":{"code":-32601,"message":"Method not found"}}`;
  }
}
