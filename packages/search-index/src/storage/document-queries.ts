import type { Database } from "better-sqlite3";
import type { ReaderTasks, TaskHandlers } from "../tasks.ts";
import { fromStoredText, joinChunks } from "./chunk-text.ts";

/** Everything that is asked of documents but the search. Only sealed ones are seen. */
export function openDocumentQueries(client: Database): Omit<TaskHandlers<ReaderTasks>, "search"> {
  const keyOf = client
    .prepare<[number], number>("SELECT key FROM documents WHERE document = ? AND sealed = 1")
    .pluck();
  const documents = client
    .prepare<[number, number], number>(
      "SELECT document FROM documents WHERE document > ? AND sealed = 1 ORDER BY document LIMIT ?",
    )
    .pluck();
  const others = client
    .prepare<[number, string, number], number>(
      "SELECT document FROM documents WHERE document > ? AND sealed = 1 AND model <> ? ORDER BY document LIMIT ?",
    )
    .pluck();
  const spans = client.prepare<[number], { first: number; count: number; ordinal: number }>(
    "SELECT first, count, ordinal FROM spans WHERE key = ? ORDER BY ordinal",
  );
  const chunks = client.prepare<[number, number], { start: number; text: string | Buffer }>(
    "SELECT start, text FROM chunks WHERE id BETWEEN ? AND ? ORDER BY id",
  );

  function* chunksOf(key: number, from: number): Generator<{ start: number; text: string }> {
    for (const { first, count, ordinal } of spans.all(key)) {
      const skipped = Math.max(0, from - ordinal);
      if (skipped >= count) continue;
      for (const { start, text } of chunks.iterate(first + skipped, first + count - 1)) {
        yield { start, text: fromStoredText(text) };
      }
    }
  }

  return {
    // Each in one transaction, so that what is removed meanwhile does not leave half a text.
    text: client.transaction((document: number) => {
      const key = keyOf.get(document);
      return key === undefined ? undefined : joinChunks(chunksOf(key, 0));
    }),
    documents: ({ after, limit }) => documents.all(after, limit),
    documentsOfOtherModels: ({ model, after, limit }) => others.all(after, model, limit),
    chunkTexts: client.transaction(({ document, ordinal, limit }: ReaderTasks["chunkTexts"]["argument"]) => {
      const key = keyOf.get(document);
      if (key === undefined) return [];
      const texts: string[] = [];
      if (limit <= 0) return texts;
      for (const { text } of chunksOf(key, ordinal)) {
        if (texts.push(text) >= limit) break;
      }
      return texts;
    }),
  };
}
