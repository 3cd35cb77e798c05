import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import { observeMcp } from "./observe-mcp.ts";

test("a question to an MCP server is a line of the log and a number", async () => {
  const lines: Record<string, unknown>[] = [];
  const log = await createLogger({
    level: "info",
    format: "json",
    env: {},
    terminal: false,
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  const metrics = createMetrics();
  const observe = observeMcp(log, metrics);
  observe({ operation: "tools/list", server: "docs", milliseconds: 12.3456 });
  observe({ operation: "tools/call", server: "docs", tool: "search", milliseconds: 5, fault: "http_error" });
  observe({ operation: "tools/call", server: "docs", tool: "search", milliseconds: 7, fault: "aborted" });
  expect(lines).toMatchObject([
    { level: "info", msg: "mcp tools/list", server_label: "docs", duration_ms: 12.346 },
    { level: "warn", msg: "mcp tools/call", server_label: "docs", tool: "search", fault: "http_error" },
    { level: "info", msg: "mcp tools/call", fault: "aborted" },
  ]);
  const text = await metrics.render();
  expect(text).toContain('mcp_client_operation_duration_count{mcp_method_name="tools/list"} 1');
  expect(text).toContain(
    'mcp_client_operation_duration_count{mcp_method_name="tools/call",error_type="http_error"} 1',
  );
});
