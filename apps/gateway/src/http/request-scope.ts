import type { RequestScope } from "@gateway/engine";
import type { AppContext } from "./context.ts";

/** The scope of a request that is answered, or refused, as a whole; aborted when its client leaves. */
export function openRequestScope(c: AppContext): RequestScope {
  const log = c.get("log");
  return {
    tenant: c.get("tenant"),
    abort: abortWhenGone(c, new AbortController()),
    // What fails is thrown.
    onFailure: () => {},
    onFault: (message, cause) => log.warn({ err: cause }, message),
  };
}

/** Aborts when the client of a request leaves, or has left; gives the same controller. */
export function abortWhenGone(c: AppContext, abort: AbortController): AbortController {
  const { signal } = c.req.raw;
  if (signal.aborted) abort.abort();
  else signal.addEventListener("abort", () => abort.abort(), { once: true });
  return abort;
}
