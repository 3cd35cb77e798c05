import type { IncomingMessage } from "node:http";

/** A request that an MCP server has got. */
export interface McpRequestSeen {
  /** Of HTTP. */
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
}

/** A call of a tool that a server has begun. */
export interface McpCallSeen {
  name: string;
  args: Record<string, unknown>;
  /** Set when the caller has cancelled it. */
  cancelled: boolean;
  /** Set when the tool has given something. */
  done: boolean;
}

/** What an MCP server of a test has seen. */
export interface McpJournal {
  readonly requests: McpRequestSeen[];
  readonly calls: McpCallSeen[];
  /** Lists of tools that were asked for; each page is one. */
  lists: number;
  /** Sessions that were begun and that were ended by their clients. */
  begun: number;
  ended: number;
}

/** An empty journal. */
export function newJournal(): McpJournal {
  return { requests: [], calls: [], lists: 0, begun: 0, ended: 0 };
}
