import { type ExtProcListener, type ListenOptions, listenExtProc } from "../listen.ts";
import type { ExtProcObserver } from "../observer.ts";
import { PlayedEnvoy } from "./played-envoy.ts";

/** What an observer was told, one line each: `closed answered`, `error Internal`, `phase RequestBody success`. */
export class Recorder implements ExtProcObserver {
  readonly lines: string[] = [];
  readonly errors: unknown[] = [];

  phase(requestType: string, status: string): void {
    this.lines.push(`phase ${requestType} ${status}`);
  }

  streamError(errorType: string, error?: unknown): void {
    this.lines.push(`error ${errorType}`);
    this.errors.push(error);
  }

  streamClosed(reason: string): void {
    this.lines.push(`closed ${reason}`);
  }
}

/** A listener on a free port, and an Envoy that is connected to it. */
export interface Started extends AsyncDisposable {
  readonly listener: ExtProcListener;
  readonly envoy: PlayedEnvoy;
  readonly recorder: Recorder;
}

type Options = ListenOptions extends infer Each ? (Each extends unknown ? Omit<Each, "port"> : never) : never;

/** Starts a listener and connects to it; both end with the test when taken with `await using`. */
export async function start(options: Options): Promise<Started> {
  const recorder = new Recorder();
  const listener = await listenExtProc({ observer: recorder, ...options, port: 0 });
  const envoy = new PlayedEnvoy(listener.address.port);
  return {
    listener,
    envoy,
    recorder,
    async [Symbol.asyncDispose]() {
      envoy[Symbol.dispose]();
      await listener.close();
    },
  };
}

/** For `expect.poll`: a busy machine may take its time, and a condition that never holds still fails. */
export const patient = { timeout: 20_000 };

/** Answers with what it was asked, as JSON. */
export async function echo(request: Request): Promise<Response> {
  return Response.json({
    method: request.method,
    url: request.url,
    headers: Object.fromEntries(request.headers),
    body: await request.text(),
  });
}

/** An event stream whose chunks come when the test says so. */
export class ControlledStream {
  readonly cancelled = Promise.withResolvers<unknown>();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly response: Response;

  constructor(headers: Record<string, string> = {}) {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: (reason) => this.cancelled.resolve(reason),
    });
    this.response = new Response(body, { headers: { "content-type": "text/event-stream", ...headers } });
  }

  chunk(text: string): void {
    this.#controller?.enqueue(Buffer.from(text));
  }

  end(): void {
    this.#controller?.close();
  }

  fail(error: Error): void {
    this.#controller?.error(error);
  }
}
