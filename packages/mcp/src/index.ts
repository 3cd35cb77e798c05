export { type McpConnections, openMcpConnections } from "./mcp-connections.ts";
export { defaultSettings, type McpSettings } from "./settings.ts";
