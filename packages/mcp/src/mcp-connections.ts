import { type McpClient, McpListError, type McpOutcome, type McpServer } from "@gateway/engine";
import type { McpListedTool } from "@gateway/protocol";
import { guardErrorIn, openWebGuard, SentKeys } from "@gateway/web-guard";
import { EvenStarts } from "./even-starts.ts";
import { orAborted } from "./or-aborted.ts";
import type { Session } from "./session.ts";
import { SessionPool, sessionKey } from "./session-pool.ts";
import { defaultSettings, type McpSettings } from "./settings.ts";

/** Connections to MCP servers. */
export interface McpConnections extends McpClient {
  /** Sessions that are open or being opened. */
  readonly sessions: number;
  /** Says goodbye to all servers and closes. What is still under way fails. */
  close(): Promise<void>;
}

/** What is to be done with a server. */
interface Task<T> {
  tenant: string;
  server: McpServer;
  signal: AbortSignal;
  work: (session: Session) => Promise<T>;
  /** Whether what went wrong may go well in another session. */
  isWorthAnother: (thrown: unknown) => boolean;
}

/** Calls that are begun in one turn of the event loop: about 4 ms of work. */
const startsPerTurn = 2;

/** Longest answer to one request. */
const maxAnswerBytes = 16 * 2 ** 20;
/** What a server may say on a stream that it keeps open, before that is opened anew. */
const maxStreamBytes = 64 * 2 ** 20;

const load = () => Promise.all([import("./session.ts"), import("./faults.ts")]);

/** Opens connections to MCP servers; none is made, and the protocol's library is not loaded, before one is needed. */
export function openMcpConnections(options: Partial<McpSettings> = {}): McpConnections {
  const settings: McpSettings = { ...defaultSettings, ...options };
  const { allowPrivate, connectTimeout } = settings;
  // A server that answers in one piece is silent for as long as its tool runs; the calls have time limits of their own.
  const times = { allowPrivate, connectTimeout, headersTimeout: settings.callLimit + 5000, bodyTimeout: 0 };
  const answers = openWebGuard({ ...times, maxBytes: maxAnswerBytes });
  const streams = openWebGuard({ ...times, maxBytes: maxStreamBytes });
  const fetch = (url: string | URL, init?: RequestInit) =>
    ((init?.method ?? "GET") === "GET" ? streams : answers).fetch(url, init);
  const pool = new SessionPool<Session>(settings);
  const starts = new EvenStarts(startsPerTurn);
  // Kept: to import a module once more costs a look at its file.
  let loaded: ReturnType<typeof load> | undefined;
  const library = () => {
    loaded ??= load();
    return loaded;
  };

  /** Runs work with a session, and once more with a new one where it turns out that the server has forgotten the first. */
  async function withSession<T>({ tenant, server, signal, work, isWorthAnother }: Task<T>): Promise<T> {
    const [{ Session: opener }] = await library();
    const key = sessionKey(tenant, server);
    const attempt = (last: boolean): Promise<T> =>
      pool.use(
        key,
        () => opener.open(server, fetch, settings),
        signal,
        async (session, fresh) => {
          try {
            return await work(session);
          } catch (thrown) {
            if (signal.aborted) throw thrown;
            if (isWorthAnother(thrown) || session.closed) pool.drop(key, session);
            if (last || fresh || !isWorthAnother(thrown)) throw thrown;
            return attempt(true);
          }
        },
      );
    return attempt(false);
  }

  return {
    get sessions() {
      return pool.size;
    },
    async listTools(tenant, server, signal): Promise<readonly McpListedTool[]> {
      const [, { toReason }] = await library();
      try {
        const work = (session: Session) => session.listTools();
        // To ask twice changes nothing.
        const tools = withSession({ tenant, server, signal, work, isWorthAnother: () => true });
        // A list that several wait for is not ended by one who leaves.
        return await orAborted(tools, signal);
      } catch (thrown) {
        signal.throwIfAborted();
        // What the library throws may hold the server's answer: it does not go to the log.
        throw new McpListError(toReason(thrown, new SentKeys(server)), { cause: guardErrorIn(thrown) });
      }
    },
    async callTool(tenant, server, { name, args }, signal): Promise<McpOutcome> {
      const [, { isLostSession, toCallError }] = await library();
      try {
        await starts.next();
        const work = (session: Session) => session.callTool(name, args, signal);
        return await withSession({ tenant, server, signal, work, isWorthAnother: isLostSession });
      } catch (thrown) {
        signal.throwIfAborted();
        return { error: toCallError(thrown, new SentKeys(server)) };
      }
    },
    async close() {
      await pool.close();
      await Promise.all([answers.close(), streams.close()]);
    },
  };
}
