import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { StaticChunking } from "@gateway/protocol";
import type { TextChunk } from "./to-chunks.ts";

/** Cuts texts into chunks. */
export interface Chunker {
  /** See `toChunks`: the chunks of a text in their order, all of them from the same rules. */
  chunks(text: string, chunking: StaticChunking, signal?: AbortSignal): AsyncGenerator<TextChunk, void>;
  /** Texts that are being cut fail. */
  close(): Promise<void>;
}

/** What the thread is asked: to cut a text, or to leave it. */
export type ChunkRequest = { id: number; text: string; chunking: StaticChunking } | { cancel: number };

/** What the thread says: where the next chunks of a text begin and end, in turn, or why there are none. */
export type ChunkAnswer = { id: number; spans: number[]; done?: boolean } | { id: number; error: string };

/** Settings of {@link openChunker}. */
export interface ChunkerOptions {
  /** Milliseconds without a text after which the thread is ended; half a minute if left out. */
  idleMs?: number | undefined;
  /** The thread's program, where it is not the one beside this. */
  program?: URL | undefined;
}

/** A text that is being cut. */
interface Cutting {
  spans: number[];
  done: boolean;
  failure: { error: unknown } | undefined;
  wake(): void;
}

/**
 * Opens a chunker that works on a thread of its own, which starts with the first text and ends when there is none
 * for a while: the tables of the tokenizer take a quarter of a second to load and some 70 MB, which are given back then.
 */
export function openChunker({ idleMs = 30_000, program = threadFile() }: ChunkerOptions = {}): Chunker {
  const cuttings = new Map<number, Cutting>();
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let lastId = 0;
  let closed = false;

  function failAll(error: unknown): void {
    for (const cutting of cuttings.values()) {
      cutting.failure ??= { error };
      cutting.wake();
    }
  }

  function start(): Worker {
    const started = new Worker(program, { name: "chunker", execArgv: [] });
    let cause: unknown;
    started.on("message", (answer: ChunkAnswer) => {
      const cutting = cuttings.get(answer.id);
      if (cutting === undefined) return;
      if ("error" in answer) cutting.failure ??= { error: new Error(answer.error) };
      else {
        for (const place of answer.spans) cutting.spans.push(place);
        cutting.done = answer.done === true;
      }
      cutting.wake();
    });
    started.on("error", (error) => {
      cause = error;
    });
    started.on("exit", () => {
      if (worker !== started) return;
      worker = undefined;
      failAll(new Error("The thread that cuts texts has ended; it is started anew.", { cause }));
    });
    return started;
  }

  async function end(): Promise<void> {
    const ending = worker;
    worker = undefined;
    await ending?.terminate();
  }

  function begin(text: string, chunking: StaticChunking): { id: number; cutting: Cutting } {
    if (closed) throw new Error("The chunker is closed.");
    clearTimeout(idle);
    worker ??= start();
    worker.ref();
    const id = ++lastId;
    const cutting: Cutting = { spans: [], done: false, failure: undefined, wake: () => {} };
    cuttings.set(id, cutting);
    worker.postMessage({ id, text, chunking } satisfies ChunkRequest);
    return { id, cutting };
  }

  function leave(id: number): void {
    const { done } = cuttings.get(id) ?? { done: true };
    cuttings.delete(id);
    if (!done) worker?.postMessage({ cancel: id } satisfies ChunkRequest);
    if (cuttings.size > 0 || worker === undefined) return;
    worker.unref();
    idle = setTimeout(() => void end(), idleMs);
    idle.unref();
  }

  return {
    async *chunks(text, chunking, signal) {
      signal?.throwIfAborted();
      const { id, cutting } = begin(text, chunking);
      const onAbort = (): void => {
        cutting.failure ??= { error: signal?.reason };
        cutting.wake();
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      try {
        for (;;) {
          for (let at = 0; at < cutting.spans.length; at += 2) {
            if (cutting.failure) throw cutting.failure.error;
            const start = cutting.spans[at] as number;
            yield { text: text.slice(start, cutting.spans[at + 1]), start };
          }
          cutting.spans = [];
          if (cutting.failure) throw cutting.failure.error;
          if (cutting.done) return;
          await new Promise<void>((resolve) => {
            cutting.wake = resolve;
          });
        }
      } finally {
        signal?.removeEventListener("abort", onAbort);
        leave(id);
      }
    },

    async close() {
      closed = true;
      clearTimeout(idle);
      failAll(new Error("The chunker is closed."));
      await end();
    },
  };
}

/**
 * Where the thread's program is: `chunk-thread.js` beside the code that runs, or one folder up from it, as bundles with
 * chunks have it; from source, the TypeScript file.
 */
function threadFile(): URL {
  const bundled = ["./chunk-thread.js", "../chunk-thread.js"].map((path) => new URL(path, import.meta.url));
  return bundled.find((file) => existsSync(file)) ?? new URL("./chunk-thread.ts", import.meta.url);
}
