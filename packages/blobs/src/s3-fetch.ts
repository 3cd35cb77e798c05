import { setTimeout as pause } from "node:timers/promises";
import { Agent, Response, fetch as undiciFetch } from "undici";

/** The connections to an object store. */
export interface S3Fetch {
  /** A `fetch` for calls that are safe to repeat. Only the body of a GET is still to be read. */
  fetch: typeof globalThis.fetch;
  /** Ends all calls and closes all connections. */
  destroy(): Promise<void>;
}

/** Before the second attempt, so that a server that is busy has a moment. */
const pauseMs = 100;

/**
 * Opens connections on which a call fails when the server keeps still for `timeoutMs` (while connecting, before its
 * answer, in the middle of a body in either direction); a slow transfer that goes on is let go on, and a reader of
 * ours that is slow does not count.
 *
 * A call that cannot be sent, is cut off before its answer, or is answered with 429 or 5xx is made once more. One
 * that has run into the timeout is not: its caller has waited long enough.
 */
export function openS3Fetch(timeoutMs: number): S3Fetch {
  const dispatcher = new Agent({
    allowH2: false,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });

  async function attempt(url: string, init: RequestInit): Promise<Response> {
    const response = await undiciFetch(url, {
      ...(init as object),
      // A redirect would need another signature; it is an error here (the wrong region, mostly).
      redirect: "manual",
      // The length and the span that were asked for are those of the stored bytes.
      headers: { ...(init.headers as Record<string, string>), "accept-encoding": "identity" },
      dispatcher,
    });
    return init.method === "GET" && response.ok ? response : readWhole(response);
  }

  async function attemptTwice(url: string, init: RequestInit): Promise<Response> {
    try {
      const response = await attempt(url, init);
      if (response.status < 500 && response.status !== 429) return response;
    } catch (error) {
      if (isTimeout(error) || dispatcher.destroyed) throw error;
    }
    await pause(pauseMs);
    return attempt(url, init);
  }

  return {
    // undici's own types are not those that Node's fetch is declared with, though they describe the same thing.
    fetch: attemptTwice as unknown as typeof globalThis.fetch,
    destroy: () => dispatcher.destroy(),
  };
}

/** The answer with its body read, which frees the connection also where nobody looks at it. */
async function readWhole(response: Response): Promise<Response> {
  const body = await response.arrayBuffer();
  const { status, statusText, headers } = response;
  return new Response(body.byteLength === 0 ? null : body, { status, statusText, headers });
}

/** Whether the server kept still for too long; undici says so in the cause of the error that `fetch` throws. */
function isTimeout(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
  return code !== undefined && /^UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT$/.test(code);
}
