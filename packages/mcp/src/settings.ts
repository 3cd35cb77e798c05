/** How MCP servers are asked. Times are milliseconds. */
export interface McpSettings {
  /** True: servers may be on private networks and on this machine. */
  allowPrivate: boolean;
  /** Until a server must have answered the first greetings, or have listed its tools. */
  connectTimeout: number;
  /** How long a call may go on without a sign of life; a progress report is one. */
  callTimeout: number;
  /** How long a call may go on at all. */
  callLimit: number;
  /** After which time unused a session is closed. */
  idleTimeout: number;
  /** Sessions that are kept open while nobody uses them. */
  maxIdleSessions: number;
  /** Calls that go to one session at the same time; others wait. */
  concurrency: number;
  /** How long a list of tools counts. A server that says that its tools have changed is asked anew anyway. */
  listTtl: number;
  /** Longest text that a tool may give; what is beyond is cut off, and says so. In characters. */
  maxOutput: number;
}

/** What holds where nothing else is said. */
export const defaultSettings: McpSettings = {
  allowPrivate: false,
  connectTimeout: 10_000,
  callTimeout: 60_000,
  callLimit: 300_000,
  idleTimeout: 300_000,
  maxIdleSessions: 256,
  concurrency: 16,
  listTtl: 60_000,
  maxOutput: 262_144,
};
