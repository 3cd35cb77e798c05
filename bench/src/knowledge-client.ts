import { waitFor } from "@gateway/testkit";

/** A file as it is put into a vector store. */
export interface TextFile {
  name: string;
  text: string;
}

/** How files are cut, in tokens. */
export interface Chunking {
  size: number;
  overlap: number;
}

/** The calls about files and vector stores that the bench makes. All throw an Error that tells what was answered. */
export interface KnowledgeClient {
  /** Uploads a text file; gives its id. */
  upload(file: TextFile): Promise<string>;
  /** Makes an empty vector store; gives its id. */
  createStore(): Promise<string>;
  /**
   * Puts files into a store and waits until all are taken in; gives the milliseconds that took. Without `chunking`
   * they are cut as the gateway is configured to.
   */
  takeIn(store: string, files: readonly string[], chunking?: Chunking): Promise<number>;
}

/** Files that are uploaded at the same time. */
const uploadsAtOnce = 4;

/** Milliseconds after which an ingestion that is not over counts as stuck. */
const ingestLimit = 600_000;

/** Opens the calls at a gateway, "http://host:port". */
export function openKnowledgeClient(origin: string): KnowledgeClient {
  const ask = async <T>(method: string, path: string, body?: object | FormData): Promise<T> => {
    const response = await fetch(`${origin}/v1${path}`, {
      method,
      ...(body instanceof FormData
        ? { body }
        : body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: status ${response.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text) as T;
  };
  return {
    async upload({ name, text }) {
      const form = new FormData();
      form.set("purpose", "assistants");
      form.set("file", new Blob([text], { type: "text/plain" }), name);
      return (await ask<{ id: string }>("POST", "/files", form)).id;
    },
    createStore: async () => (await ask<{ id: string }>("POST", "/vector_stores", { name: "bench" })).id,
    async takeIn(store, files, chunking) {
      const path = `/vector_stores/${store}/file_batches`;
      const begin = performance.now();
      const batch = await ask<Batch>("POST", path, { file_ids: files, ...toStrategy(chunking) });
      const gone = new AbortController();
      const ended = await waitFor(
        async () => {
          const now = await ask<Batch>("GET", `${path}/${batch.id}`).catch(
            (error: unknown): undefined => gone.abort(error) as undefined,
          );
          return now?.status === "in_progress" ? undefined : now;
        },
        {
          what: `${files.length} files to be taken in`,
          timeoutMs: ingestLimit,
          everyMs: 50,
          signal: gone.signal,
        },
      );
      const took = performance.now() - begin;
      if (ended.file_counts.completed !== files.length) {
        throw new Error(`Of ${files.length} files, ${ended.file_counts.failed} were not taken in.`);
      }
      return took;
    },
  };
}

interface Batch {
  id: string;
  status: string;
  file_counts: { completed: number; failed: number };
}

function toStrategy(chunking: Chunking | undefined): object {
  if (chunking === undefined) return {};
  const { size: max_chunk_size_tokens, overlap: chunk_overlap_tokens } = chunking;
  return { chunking_strategy: { type: "static", static: { max_chunk_size_tokens, chunk_overlap_tokens } } };
}

/** Uploads files, some at a time; gives their ids in the same order. */
export async function uploadAll(client: KnowledgeClient, files: Iterable<TextFile>): Promise<string[]> {
  const ids: string[] = [];
  const left = files[Symbol.iterator]();
  let next = 0;
  const uploader = async (): Promise<void> => {
    for (let file = left.next(); !file.done; file = left.next()) {
      const place = next++;
      ids[place] = await client.upload(file.value);
    }
  };
  await Promise.all(Array.from({ length: uploadsAtOnce }, uploader));
  return ids;
}
