import { join } from "node:path";
import { openSearchIndex } from "@gateway/search-index";
import { vectorOf } from "./embeddings/scripted-vector.ts";
import { openProse, type Prose } from "./texts/prose.ts";

/** Words of a chunk. */
export const chunkWords = 100;
/** Chunks that are written at a time. */
const batch = 500;

/**
 * Writes chunks of prose with their vectors into the index of a gateway that is stopped, in place of what its
 * documents have there. It is the gateway's own index that writes them; only cutting and embedding are left out,
 * which would take most of the time. The gateway's documents must all be in its first vector store.
 *
 * @param cwd the gateway's working directory. @param model the name that the gateway gives to its embedder.
 * @throws Error when the index has no documents.
 */
export async function fillIndex(cwd: string, model: string, chunks: number): Promise<void> {
  let problem: Error | undefined;
  const index = openSearchIndex({
    path: join(cwd, "data", "gateway-index.db"),
    onProblem: (found) => {
      problem ??= found;
    },
  });
  try {
    const documents = await index.documents(0, chunks);
    if (documents.length === 0) throw new Error(`The index below ${cwd} has no documents.`);
    const prose = openProse(chunks);
    for (const [at, document] of documents.entries()) {
      const share =
        Math.floor(((at + 1) * chunks) / documents.length) - Math.floor((at * chunks) / documents.length);
      await index.begin({ document, store: 1, attributes: {}, model });
      let written = Promise.resolve();
      let start = 0;
      for (let left = share; left > 0; left -= batch) {
        const made = Array.from({ length: Math.min(batch, left) }, () => {
          const text = chunkOf(prose);
          const chunk = { text, start, vector: vectorOf(text) };
          start += text.length;
          return chunk;
        });
        // One batch is made while the one before is written.
        await written;
        written = index.append(document, made);
      }
      await written;
      await index.seal(document);
    }
  } finally {
    await index.close();
  }
  if (problem !== undefined) throw problem;
}

function chunkOf(prose: Prose): string {
  return prose.text(chunkWords).split(" ").slice(0, chunkWords).join(" ");
}
