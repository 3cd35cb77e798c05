import { Agent, fetch } from "undici";
import { checkUrl } from "./check-url.ts";
import { guardBody } from "./guard-body.ts";
import { GuardError, guardErrorIn } from "./guard-error.ts";
import { guardedConnector, type Resolve } from "./guarded-connect.ts";
import { isPublicAddress } from "./public-address.ts";
import { followRedirect } from "./redirects.ts";

/** Settings of {@link openWebGuard}. Times are milliseconds; 0 is no limit. */
export interface WebGuardOptions {
  /** True: hosts on private networks and on this machine may be called. */
  allowPrivate?: boolean | undefined;
  /** Says of an IP address whether it may be called, for a rule of another kind than `allowPrivate`. */
  allows?: ((address: string) => boolean) | undefined;
  /** Time until a connection stands. */
  connectTimeout?: number | undefined;
  /** Time from the request to the head of the answer. */
  headersTimeout?: number | undefined;
  /** Longest silence inside an answer's body. */
  bodyTimeout?: number | undefined;
  /** Longest body of an answer, in bytes as they are after decompression. */
  maxBytes?: number | undefined;
  /** Redirects that are followed for one request. */
  maxRedirects?: number | undefined;
  /** Connections to one origin. */
  connections?: number | undefined;
  /** Resolves names; the system's resolver where left out. */
  resolve?: Resolve | undefined;
}

/** Calls addresses that callers have named. */
export interface WebGuard {
  /**
   * Like the standard's `fetch`, for http and https. With `redirect: "follow"`, the default, redirects are followed
   * here, each held to the same rules as the first address: credentials do not go to another origin, and the method
   * changes as browsers change it. With `"manual"` the answer that redirects is given as it is. A body that is longer
   * than it may be, or silent for too long, fails while it is read.
   *
   * @throws GuardError where the address may not be called or cannot be reached; the signal's reason when it is aborted.
   */
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
  /** Ends all connections at once. */
  close(): Promise<void>;
}

const defaults = {
  connectTimeout: 10_000,
  headersTimeout: 30_000,
  bodyTimeout: 30_000,
  maxBytes: 16 * 2 ** 20,
  maxRedirects: 5,
};

/** Opens a guard with connections of its own. */
export function openWebGuard(options: WebGuardOptions = {}): WebGuard {
  const { connectTimeout, headersTimeout, bodyTimeout, maxBytes, maxRedirects } = {
    ...defaults,
    ...withoutUndefined(options),
  };
  const agent = new Agent({
    connect: guardedConnector({
      allows: options.allows ?? (options.allowPrivate === true ? () => true : isPublicAddress),
      connectTimeout,
      resolve: options.resolve,
    }),
    headersTimeout,
    bodyTimeout,
    connections: options.connections ?? null,
  });

  async function send(url: URL, init: RequestInit): Promise<Response> {
    const toError = (thrown: unknown) => toGuardError(thrown, url, init.signal);
    try {
      // undici's types are its own, its objects are the standard's.
      const answer: unknown = await fetch(url, { ...init, redirect: "manual", dispatcher: agent } as never);
      return guardBody(answer as Response, { maxBytes, toError });
    } catch (thrown) {
      throw toError(thrown);
    }
  }

  return {
    async fetch(address, init = {}) {
      let request = { url: checkUrl(address), init };
      for (let followed = 0; ; followed++) {
        const answer = await send(request.url, request.init);
        const next = init.redirect === "manual" ? undefined : followRedirect(answer, request);
        if (next === undefined) return answer;
        // Its body is of no use, and its connection can serve the next request.
        await answer.body?.cancel();
        if (init.redirect === "error" || followed >= maxRedirects)
          throw new GuardError(
            "redirects",
            `'${request.url.host}' redirects once more; ${init.redirect === "error" ? 0 : maxRedirects} redirects are followed.`,
          );
        request = next;
      }
    },
    close: () => agent.destroy(),
  };
}

function withoutUndefined<T extends object>(options: T): { [K in keyof T]: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: NonNullable<T[K]>;
  };
}

const timeouts: ReadonlySet<string | undefined> = new Set([
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "ETIMEDOUT",
]);

/** What undici throws has its reason in the cause. */
function toGuardError(thrown: unknown, url: URL, signal: AbortSignal | null | undefined): unknown {
  if (signal?.aborted === true) return signal.reason;
  const own = guardErrorIn(thrown);
  if (own !== undefined) return own;
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const code = (cause as { code?: string }).code;
  const host = url.host;
  return timeouts.has(code)
    ? new GuardError("timeout", `'${host}' took too long to answer.`, { cause: thrown })
    : new GuardError("unreachable", `'${host}' cannot be reached${code === undefined ? "" : ` (${code})`}.`, {
        cause: thrown,
      });
}
