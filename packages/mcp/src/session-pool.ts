import { createHash } from "node:crypto";
import type { McpServer } from "@gateway/engine";
import { orAborted } from "./or-aborted.ts";

/** What the pool needs of a session. */
export interface Poolable {
  readonly closed: boolean;
  close(): Promise<void>;
}

/** Settings of a {@link SessionPool}. */
export interface PoolSettings {
  idleTimeout: number;
  maxIdleSessions: number;
}

interface Entry<S> {
  session: Promise<S>;
  /** The session, once it is open. */
  open?: S;
  users: number;
  timer?: NodeJS.Timeout | undefined;
}

/**
 * Sessions by key, each opened once and used by everybody who has its key at the same time. One that nobody uses is
 * closed after a while, and earlier where there are too many of them: the one that was used longest ago first.
 */
export class SessionPool<S extends Poolable> {
  readonly #settings: PoolSettings;
  /** In the order they were used last. */
  readonly #entries = new Map<string, Entry<S>>();
  readonly #closing = new Set<Promise<void>>();
  #closed = false;

  constructor(settings: PoolSettings) {
    this.#settings = settings;
  }

  /** Sessions that are open or being opened. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Runs work with the session of a key, which is opened where there is none. `fresh` tells the work that it was opened
   * for it. Rejects as `open` and the work do, and with the signal's reason when it is aborted while the session is
   * being opened; others who wait for it go on waiting.
   */
  async use<T>(
    key: string,
    open: () => Promise<S>,
    signal: AbortSignal,
    work: (session: S, fresh: boolean) => Promise<T>,
  ): Promise<T> {
    if (this.#closed) throw new Error("the sessions are closed");
    signal.throwIfAborted();
    let entry = this.#entries.get(key);
    const fresh = entry === undefined || entry.open?.closed === true;
    if (entry === undefined || fresh) entry = this.#open(key, open);
    entry.users++;
    clearTimeout(entry.timer);
    try {
      const session = await orAborted(entry.session, signal);
      return await work(session, fresh);
    } finally {
      entry.users--;
      this.#rest(key, entry);
    }
  }

  /** Forgets a session that is of no use any more; who still uses it is not disturbed. */
  drop(key: string, session: S): void {
    const entry = this.#entries.get(key);
    if (entry?.open === session) this.#entries.delete(key);
  }

  /** Closes all sessions and refuses new ones. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const [key, entry] of this.#entries) this.#discard(key, entry);
    await Promise.all(this.#closing);
  }

  #open(key: string, open: () => Promise<S>): Entry<S> {
    const entry: Entry<S> = { session: open(), users: 0 };
    entry.session.then(
      (session) => {
        entry.open = session;
        if (this.#closed) this.#discard(key, entry);
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
    this.#entries.set(key, entry);
    return entry;
  }

  /** What happens with a session when somebody is done with it. */
  #rest(key: string, entry: Entry<S>): void {
    if (entry.users > 0) return;
    if (this.#entries.get(key) !== entry || entry.open?.closed === true) {
      this.#discard(key, entry);
      return;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.timer = setTimeout(() => this.#discard(key, entry), this.#settings.idleTimeout).unref();
    const idle = [...this.#entries].filter(([, { users }]) => users === 0);
    for (const [old, oldest] of idle.slice(0, Math.max(0, idle.length - this.#settings.maxIdleSessions)))
      this.#discard(old, oldest);
  }

  #discard(key: string, entry: Entry<S>): void {
    clearTimeout(entry.timer);
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
    const closing = entry.session
      .then((session) => session.close())
      .catch(() => {})
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

/** The key of a tenant's session with a server. Headers are in it only as a hash. */
export function sessionKey(tenant: string, { url, headers }: McpServer): string {
  const sorted = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([tenant, url, sorted]))
    .digest("base64url");
}
