import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** Answers that are held back until the test lets them go. */
export interface Hold {
  /** Settles when the first request is held. */
  reached: Promise<void>;
  /** Lets everything go that is held, and holds nothing from then on. */
  open(): void;
}

/** A server for embeddings whose vectors tell which words are in a text. */
export interface WordEmbeddings extends AsyncDisposable {
  /** Base address, ending in `/v1`. */
  readonly url: string;
  /** What was asked for so far: the model and the texts of each request. */
  readonly requests: readonly { model: string; input: readonly string[] }[];
  /** Holds the requests back that `which` picks by their texts; all when left out. */
  hold(which?: (input: readonly string[]) => boolean): Hold;
}

const dimensions = 256;

/**
 * Starts the server on a free port of the loopback address. Texts that share words are near each other, texts
 * that share none are not; the same text has the same vector in every run. Its list of models is empty, so that no
 * chat request comes here.
 */
export async function startWordEmbeddings(): Promise<WordEmbeddings> {
  const requests: { model: string; input: readonly string[] }[] = [];
  let holding:
    | { which: (input: readonly string[]) => boolean; reach(): void; until: Promise<void> }
    | undefined;

  const server = createServer(async (incoming, response) => {
    response.setHeader("content-type", "application/json");
    if (incoming.method === "GET") {
      response.end(JSON.stringify({ object: "list", data: [] }));
      return;
    }
    const { model, input } = (await json(incoming)) as { model: string; input: string[] };
    requests.push({ model, input });
    if (holding?.which(input)) {
      holding.reach();
      await holding.until;
    }
    const data = input.map((text, index) => ({ object: "embedding", index, embedding: toVector(text) }));
    response.end(
      JSON.stringify({ object: "list", model, data, usage: { prompt_tokens: 0, total_tokens: 0 } }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    hold(which = () => true) {
      const reached = Promise.withResolvers<void>();
      const opened = Promise.withResolvers<void>();
      holding = { which, reach: reached.resolve, until: opened.promise };
      return {
        reached: reached.promise,
        open() {
          holding = undefined;
          opened.resolve();
        },
      };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** How often each word occurs, at a place that its letters give. */
function toVector(text: string): number[] {
  const vector = Array.from({ length: dimensions }, () => 0);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ["-"]) {
    let hash = 2_166_136_261;
    for (const letter of word) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619) >>> 0;
    vector[hash % dimensions] = (vector[hash % dimensions] ?? 0) + 1;
  }
  return vector;
}
