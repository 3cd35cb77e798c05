import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import {
  CallToolRequestSchema,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
} from "@modelcontextprotocol/sdk/types.js";
import type { McpJournal } from "./journal.ts";
import { type McpTestTool, toListing, toResult } from "./tools.ts";

/** What a server of the official library of the protocol's first line answers with. */
export interface ProtocolServerParts {
  tools(): readonly McpTestTool[];
  /** Tools on one page of a list. */
  pageSize: number;
  journal: McpJournal;
}

/** Makes a server of the official library, for one session. */
export function newProtocolServer({ tools, pageSize, journal }: ProtocolServerParts): Server {
  const server = new Server(
    { name: "test-server", version: "1.0.0" },
    { capabilities: { tools: { listChanged: true } } },
  );
  server.setRequestHandler(ListToolsRequestSchema, ({ params }) => {
    journal.lists++;
    const from = Number(params?.cursor ?? 0);
    const page = tools().slice(from, from + pageSize);
    const more = from + pageSize < tools().length;
    return { tools: page.map(toListing) as never, ...(more && { nextCursor: String(from + pageSize) }) };
  });
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const { name, arguments: args = {} } = params;
    const tool = tools().find((known) => known.name === name);
    if (tool === undefined) throw new McpError(ErrorCode.InvalidParams, `Tool ${name} not found`);
    const call = { name, args, cancelled: false, done: false };
    journal.calls.push(call);
    extra.signal.addEventListener("abort", () => {
      call.cancelled = true;
    });
    const token = params._meta?.progressToken;
    const given = await tool.run(args, {
      signal: extra.signal,
      async progress(progress, total) {
        if (token === undefined) return;
        await extra.sendNotification({
          method: "notifications/progress",
          params: { progressToken: token, progress, ...(total !== undefined && { total }) },
        });
      },
    });
    call.done = true;
    return toResult(given) as never;
  });
  return server;
}
