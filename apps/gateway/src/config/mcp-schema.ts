import * as z from "zod";
import { duration, integer } from "./scalars.ts";

/** `tools.mcp`: how MCP servers are asked. */
export const mcpSchema = z.strictObject({
  connect_timeout: duration()
    .prefault("10s")
    .describe("Until a server must have answered the first greeting, or have listed its tools."),
  timeout: duration()
    .prefault("60s")
    .describe("How long a call of a tool may be silent. A progress report of the server begins it anew."),
  max_duration: duration().prefault("5m").describe("How long a call of a tool may take, progress or not."),
  max_output: integer(1000, 16_000_000)
    .prefault(262_144)
    .describe("Longest text that a tool may give, in characters. The rest is cut off, and the text says so."),
  concurrency: integer(1, 1000)
    .prefault(16)
    .describe("Calls that go to one server for one tenant at the same time; others wait."),
  idle_timeout: duration()
    .prefault("5m")
    .describe("After which time unused a session with a server is closed."),
  max_idle_sessions: integer(0, 100_000)
    .prefault(256)
    .describe("Sessions that are kept open while nobody uses them, over all tenants."),
  list_ttl: duration()
    .prefault("1m")
    .describe(
      "How long a server's list of tools counts. A server that says that it has changed is asked at once.",
    ),
});
