import type { McpOutcome, McpServer } from "@gateway/engine";
import type { McpListedTool } from "@gateway/protocol";
import { SentKeys } from "@gateway/web-guard";
import { SdkError, SdkErrorCode, type Tool } from "@modelcontextprotocol/client";
import { type Connection, connect } from "./connect.ts";
import { TooManyTools } from "./faults.ts";
import { Gate } from "./gate.ts";
import type { McpSettings } from "./settings.ts";
import { toListedTool } from "./to-listed-tool.ts";
import { toOutcome } from "./to-output.ts";
import type { Fetch } from "./transports.ts";

/** More tools of one server than any model can be offered. */
const maxTools = 2000;

/** The tools of a server as it listed them. */
interface Listed {
  /** When, by `performance.now()`. */
  at: number;
  /** How often it had said by then that they have changed. */
  changes: number;
  tools: readonly McpListedTool[];
  byName: ReadonlyMap<string, Tool>;
}

/**
 * Runs work for no longer than this. The library has such a limit, too, but the server does not hear of its end, and works
 * on; it does of an abort.
 */
async function within<T>(
  milliseconds: number,
  signal: AbortSignal,
  work: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const leave = () => limit.abort(signal.reason);
  const timer = setTimeout(
    () => limit.abort(new SdkError(SdkErrorCode.RequestTimeout, "The call takes too long.")),
    milliseconds,
  );
  signal.addEventListener("abort", leave, { once: true });
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", leave);
  }
}

/** A server that this process talks to, for one tenant and one set of headers. */
export class Session {
  readonly #connection: Connection;
  readonly #settings: McpSettings;
  readonly #gate: Gate;
  /** What the server is not to be quoted with. */
  readonly #keys: SentKeys;
  readonly #state: { closed: boolean; changes: number };
  #listed: Listed | undefined;
  #listing: Promise<Listed> | undefined;

  private constructor(
    connection: Connection,
    server: McpServer,
    settings: McpSettings,
    state: { closed: boolean; changes: number },
  ) {
    this.#connection = connection;
    this.#settings = settings;
    this.#gate = new Gate(settings.concurrency);
    this.#keys = new SentKeys(server);
    this.#state = state;
  }

  /** Connects. Rejects with whatever the library throws. */
  static async open(server: McpServer, fetch: Fetch, settings: McpSettings): Promise<Session> {
    const state = { closed: false, changes: 0 };
    const connection = await connect({
      server,
      fetch,
      timeout: settings.connectTimeout,
      onToolsChanged: () => {
        state.changes++;
      },
      onClosed: () => {
        state.closed = true;
      },
    });
    return new Session(connection, server, settings, state);
  }

  /** True once nothing can be sent any more. */
  get closed(): boolean {
    return this.#state.closed;
  }

  /** All tools, as they were listed a short time ago or are now. Callers at the same time share one question. */
  async listTools(): Promise<readonly McpListedTool[]> {
    const { listTtl } = this.#settings;
    const listed = this.#listed;
    if (listed?.changes === this.#state.changes && performance.now() - listed.at < listTtl)
      return listed.tools;
    this.#listing ??= this.#list().finally(() => {
      this.#listing = undefined;
    });
    return (await this.#listing).tools;
  }

  /** Calls a tool. Rejects with whatever the library throws; aborting `signal` tells the server. */
  async callTool(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<McpOutcome> {
    const { callTimeout, callLimit, maxOutput } = this.#settings;
    return this.#gate.pass(signal, () =>
      within(callLimit, signal, async (limited) => {
        const known = this.#listed?.byName.get(name);
        const result = await this.#connection.client.callTool(
          { name, arguments: args },
          {
            signal: limited,
            timeout: callTimeout,
            resetTimeoutOnProgress: true,
            // Without a listener servers do not report progress, and without that a long call looks like a dead one.
            onprogress: () => {},
            ...(known !== undefined && { toolDefinition: known }),
          },
        );
        return toOutcome(result, maxOutput, this.#keys);
      }),
    );
  }

  /** Says goodbye and closes. Calls under way fail. */
  async close(): Promise<void> {
    this.#state.closed = true;
    await this.#connection.close();
  }

  async #list(): Promise<Listed> {
    const { client } = this.#connection;
    const { changes } = this.#state;
    // A server without tools does not have the method.
    const tools =
      client.getServerCapabilities()?.tools === undefined
        ? []
        : (await client.listTools(undefined, { timeout: this.#settings.connectTimeout, cacheMode: "bypass" }))
            .tools;
    if (tools.length > maxTools) throw new TooManyTools(tools.length);
    this.#listed = {
      at: performance.now(),
      changes,
      tools: tools.map((tool) => toListedTool(tool, this.#keys)),
      // What a tool promises to give is not checked here.
      // Of those with one name the first counts, as for the model.
      byName: new Map(
        tools.toReversed().map(({ outputSchema: _output, ...tool }) => [tool.name, tool as Tool]),
      ),
    };
    return this.#listed;
  }
}
