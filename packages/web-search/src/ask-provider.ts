import { WebError } from "@gateway/engine";
import { guardErrorIn, type WebGuard, withoutSent } from "@gateway/web-guard";

/** How a search engine is asked. */
export interface Asking {
  /** Its name, for errors. */
  name: string;
  guard: WebGuard;
  /** Milliseconds until the whole answer must be there. */
  timeout: number;
  /** Sent in whichever way; not to be seen in an error. */
  key?: string | undefined;
  /** What else is sent beside headers and query that is not to be seen. */
  secrets?: readonly string[] | undefined;
  /** What a refusal (401, 403) most likely means, for the operator. */
  hint: string;
}

/** Statuses of the search engines for "too often" and "used up": 402 and 429; Tavily has two more of its own. */
const limited: ReadonlySet<number> = new Set([402, 429, 432, 433]);

/** Characters of an error's body that are logged. */
const longestBody = 500;

/** Headers of a request that are no secrets. */
const plainHeaders: ReadonlySet<string> = new Set(["accept", "content-type"]);

/** What a fault is told with. */
interface Telling extends Pick<Asking, "name" | "hint"> {
  /** A text without what the search engine was sent: it goes to the log. */
  shown(text: string): string;
}

/**
 * Sends a request to a search engine and reads the JSON of its answer. What goes wrong is a {@link WebError} fit for the
 * model; its cause says more, and shows nothing of what was sent. Rejects with the signal's reason when it is aborted.
 */
export async function askProvider(
  url: string,
  init: Omit<RequestInit, "headers"> & { headers: Readonly<Record<string, string>> },
  { name, hint, guard, timeout, key, secrets = [] }: Asking,
  signal: AbortSignal,
): Promise<unknown> {
  const late = AbortSignal.timeout(timeout);
  const headers = Object.fromEntries(
    Object.entries(init.headers).filter(([header]) => !plainHeaders.has(header)),
  );
  const sent = { url, headers, secrets: key === undefined ? secrets : [key, ...secrets] };
  const telling: Telling = { name, hint, shown: (text) => withoutSent(text, sent) };
  try {
    const answer = await guard.fetch(url, {
      ...init,
      redirect: "error",
      signal: AbortSignal.any([signal, late]),
    });
    const text = await answer.text();
    if (!answer.ok) throw toStatusError(answer.status, text, telling);
    return parse(text, telling);
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof WebError) throw thrown;
    if (late.aborted) throw new WebError("unavailable", "The search engine took too long to answer.");
    throw toWebError(thrown, telling);
  }
}

function toWebError(thrown: unknown, { name, shown }: Telling): WebError {
  const reason = guardErrorIn(thrown)?.reason;
  const why = shown(messagesOf(thrown));
  if (reason === "redirects" || reason === "url")
    return new WebError("misconfigured", "The search engine is not set up right.", {
      cause: new Error(`tools.web_search.url of ${name} is not the final address of its API. ${why}`),
    });
  return new WebError("unavailable", "The search engine cannot be reached.", {
    cause: new Error(`${name} failed. ${why}`),
  });
}

/** What an error and its causes say: what cannot be sent is quoted in the innermost. */
function messagesOf(thrown: unknown): string {
  const messages: string[] = [];
  for (let error = thrown; error instanceof Error && messages.length < 8; error = error.cause)
    messages.push(error.message);
  return messages.join(" ");
}

function toStatusError(status: number, body: string, { name, hint, shown }: Telling): WebError {
  const cause = (why = "") => ({
    cause: new Error(`${name} answered with status ${status}.${why} ${shown(body).slice(0, longestBody)}`),
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

function parse(text: string, { name, hint, shown }: Telling): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new WebError("unavailable", "The search engine's answer cannot be read.", {
      cause: new Error(`${name} sent what is no JSON. ${hint} ${shown(text).slice(0, longestBody)}`),
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
