import { WebError } from "@gateway/engine";
import { GuardError, guardErrorIn, type WebGuard } from "@gateway/web-guard";

/** How a search engine is asked. */
export interface Asking {
  /** Its name, for errors. */
  name: string;
  guard: WebGuard;
  /** Milliseconds until the whole answer must be there. */
  timeout: number;
  /** What must not be seen in an error. */
  key?: string | undefined;
  /** What a refusal (401, 403) most likely means, for the operator. */
  hint: string;
}

/** Statuses of the search engines for "too often" and "used up": 402 and 429; Tavily has two more of its own. */
const limited: ReadonlySet<number> = new Set([402, 429, 432, 433]);

/** Characters of an error's body that are logged. */
const longestBody = 500;

/**
 * Sends a request to a search engine and reads the JSON of its answer. What goes wrong is a {@link WebError} fit for the
 * model; its cause says more, and shows no key. Rejects with the signal's reason when it is aborted.
 */
export async function askProvider(
  url: string,
  init: RequestInit,
  asking: Asking,
  signal: AbortSignal,
): Promise<unknown> {
  const late = AbortSignal.timeout(asking.timeout);
  try {
    const answer = await asking.guard.fetch(url, {
      ...init,
      redirect: "error",
      signal: AbortSignal.any([signal, late]),
    });
    const text = await answer.text();
    if (!answer.ok) throw toStatusError(answer.status, text, asking);
    return parse(text, asking);
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof WebError) throw thrown;
    if (late.aborted) throw new WebError("unavailable", "The search engine took too long to answer.");
    throw toWebError(thrown, asking);
  }
}

function toWebError(thrown: unknown, { name }: Asking): WebError {
  const guard = guardErrorIn(thrown);
  if (guard?.reason === "redirects" || guard?.reason === "url")
    return new WebError("misconfigured", "The search engine is not set up right.", {
      cause: new Error(`tools.web_search.url of ${name} is not the final address of its API.`, {
        cause: guard,
      }),
    });
  return new WebError("unavailable", "The search engine cannot be reached.", {
    cause: guard ?? (thrown instanceof GuardError ? thrown : new Error(`${name} failed.`, { cause: thrown })),
  });
}

function toStatusError(status: number, body: string, { name, key, hint }: Asking): WebError {
  const shown = (key ? body.replaceAll(key, "***") : body).slice(0, longestBody);
  const cause = (why = "") => ({
    cause: new Error(`${name} answered with status ${status}.${why} ${shown}`),
  });
  if (limited.has(status))
    return new WebError("limited", "The search engine wants to be asked less often.", cause());
  // Brave answers a wrong key with 422.
  if (status === 401 || status === 403 || /TOKEN_INVALID/.test(body))
    return new WebError("misconfigured", "The search engine refused the request.", cause(` ${hint}`));
  if (status >= 400 && status < 500)
    return new WebError("unavailable", "The search engine did not accept the query.", cause());
  return new WebError("unavailable", "The search engine failed.", cause());
}

function parse(text: string, { name, hint }: Asking): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new WebError("unavailable", "The search engine's answer cannot be read.", {
      cause: new Error(`${name} sent what is no JSON. ${hint}`, { cause }),
    });
  }
}

/** The list at a key of an object, or of objects within it; empty where there is none. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): Record<string, unknown>[] {
  let found: unknown = value;
  for (const key of path) found = (found as Record<string | number, unknown> | null | undefined)?.[key];
  if (!Array.isArray(found)) return [];
  return found.filter((one): one is Record<string, unknown> => typeof one === "object" && one !== null);
}
