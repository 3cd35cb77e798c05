import { checkUrl } from "./check-url.ts";
import { GuardError } from "./guard-error.ts";

/** A request on its way. */
export interface Outgoing {
  url: URL;
  init: RequestInit;
}

const redirecting: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Headers that are for one origin only. */
const credentials = ["authorization", "proxy-authorization", "cookie"];

/** Headers that tell of a body. */
const ofBody = ["content-type", "content-length", "content-encoding", "content-language", "content-location"];

/**
 * The request that an answer redirects to, as the standard has it (Fetch, "HTTP-redirect fetch"); undefined where it
 * does not redirect. To another origin nothing goes along that may be a credential: of the headers only those that
 * every client sends.
 *
 * @throws GuardError where the new address may not be called, or the body of the request cannot be sent again.
 */
export function followRedirect(answer: Response, { url, init }: Outgoing): Outgoing | undefined {
  const location = redirecting.has(answer.status) ? answer.headers.get("location") : null;
  if (location === null) return undefined;
  const target = URL.parse(location, url.href);
  if (target === null) throw new GuardError("redirects", `'${url.host}' redirects to what is not a URL.`);
  const next = checkUrl(target);
  if (url.protocol === "https:" && next.protocol === "http:")
    throw new GuardError("redirects", `'${url.host}' redirects from https to http, which is not followed.`);

  const method = (init.method ?? "GET").toUpperCase();
  const headers = new Headers(init.headers);
  const becomesGet =
    (answer.status === 303 && method !== "GET" && method !== "HEAD") ||
    ((answer.status === 301 || answer.status === 302) && method === "POST");
  const dropped = becomesGet ? [...ofBody] : [];
  if (next.origin !== url.origin) dropped.push(...credentials, ...unusual(headers));
  for (const name of dropped) headers.delete(name);
  if (becomesGet) return { url: next, init: { ...init, method: "GET", body: null, headers } };
  if (init.body instanceof ReadableStream)
    throw new GuardError("redirects", `'${url.host}' redirects a request whose body was sent already.`);
  return { url: next, init: { ...init, headers } };
}

const usual: ReadonlySet<string> = new Set(["accept", "accept-language", "user-agent", ...ofBody]);

/** Names of headers that may be keys under names of their own, such as `x-api-key`. */
function unusual(headers: Headers): string[] {
  return [...headers.keys()].filter((name) => !usual.has(name));
}
