import type { McpUse } from "@gateway/engine";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";

/** Tells log and metrics of every time that an MCP server is asked: its label and its tool, neither address nor arguments. */
export function observeMcp(log: Logger, metrics: Metrics): (use: McpUse) => void {
  return ({ operation, server, tool, milliseconds, fault }) => {
    metrics.mcpOperation(operation, milliseconds / 1000, fault);
    const fields = {
      server_label: server,
      ...(tool !== undefined && { tool }),
      duration_ms: Math.round(milliseconds * 1000) / 1000,
    };
    if (fault === undefined || fault === "aborted")
      log.info(fault === undefined ? fields : { ...fields, fault }, `mcp ${operation}`);
    else log.warn({ ...fields, fault }, `mcp ${operation}`);
  };
}
