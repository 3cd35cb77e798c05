// The program of the thread that cuts texts. It is an entry point of its own: a thread starts from a file.
import { parentPort } from "node:worker_threads";
import type { ChunkAnswer, ChunkRequest } from "./open-chunker.ts";
import { toChunks } from "./to-chunks.ts";

/** Chunks that are told of at once: a message costs more than a number. */
const spansPerAnswer = 32;

const port = parentPort;
if (port === null) throw new Error("This file is the program of a thread: it cannot be run by itself.");
const say = (answer: ChunkAnswer): void => port.postMessage(answer);

const running = new Map<number, AbortController>();

async function cut({ id, text, chunking }: Extract<ChunkRequest, { text: string }>): Promise<void> {
  const stop = new AbortController();
  running.set(id, stop);
  let spans: number[] = [];
  try {
    for await (const chunk of toChunks(text, chunking, stop.signal)) {
      spans.push(chunk.start, chunk.start + chunk.text.length);
      if (spans.length < 2 * spansPerAnswer) continue;
      say({ id, spans });
      spans = [];
    }
    say({ id, spans, done: true });
  } catch (error) {
    if (!stop.signal.aborted) say({ id, error: (error as Error).message });
  } finally {
    running.delete(id);
  }
}

port.on("message", (request: ChunkRequest) => {
  if ("text" in request) void cut(request);
  else running.get(request.cancel)?.abort();
});
