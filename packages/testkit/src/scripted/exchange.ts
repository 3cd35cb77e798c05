import type { IncomingMessage, ServerResponse } from "node:http";
import { playScript } from "./play-script.ts";
import type { ChatRequestBody, RecordedRequest } from "./recorded-request.ts";
import { type Script, toSteps } from "./steps.ts";

/** One request with its answer. */
export interface Exchange {
  /** The journal's entry, kept up to date while the answer is played. */
  readonly request: RecordedRequest;
  /** Plays the answer; settles when the exchange is over. */
  play(script: Script): Promise<void>;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Opens the exchange of a request whose body has arrived. `stopped` aborts when the backend stops. */
export function openExchange(
  incoming: IncomingMessage,
  text: string,
  number: number,
  response: ServerResponse,
  stopped: AbortSignal,
): Exchange {
  const aborted = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<"gone">();
  const request: Writable<RecordedRequest> = {
    number,
    method: incoming.method ?? "",
    path: incoming.url ?? "",
    headers: incoming.headers,
    text,
    body: parseBody(text),
    at: { received: performance.now() },
    state: "open",
    aborted: false,
    whenAborted: aborted.promise,
    whenEnded: ended.promise,
  };
  const settle = (state: RecordedRequest["state"]): void => {
    if (request.state !== "open") return;
    request.state = state;
    request.at.ended = performance.now();
    if (state === "aborted") {
      request.aborted = true;
      aborted.resolve();
    }
    ended.resolve();
  };
  response.once("finish", () => settle("answered"));
  response.once("close", () => {
    settle(stopped.aborted ? "cut" : "aborted");
    gone.resolve("gone");
  });
  return {
    request,
    async play(script) {
      await playScript(toSteps(script), {
        response,
        stream: request.body.stream === true,
        envelope: {
          id: `chatcmpl-scripted-${number}`,
          created: Math.floor(Date.now() / 1000),
          model: request.body.model ?? "scripted",
        },
        gone: gone.promise,
        onBegin: () => {
          request.at.began ??= performance.now();
        },
        onCut: () => settle("cut"),
      });
      await ended.promise;
    },
  };
}

function parseBody(text: string): ChatRequestBody {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? (body as ChatRequestBody) : {};
  } catch {
    return {};
  }
}
