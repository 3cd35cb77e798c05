import type { IndexDocument } from "@gateway/engine";
import type { Attributes } from "@gateway/protocol";
import type { Database } from "better-sqlite3";
import { unpackVectors } from "../pack-vectors.ts";
import type { AppendArgument, ReplaceArgument } from "../tasks.ts";
import { toStoredText } from "./chunk-text.ts";
import { SearchIndexError } from "./errors.ts";
import { immediate } from "./immediate.ts";
import { openSlots } from "./slots.ts";
import { vectorBytes } from "./vector-bytes.ts";
import { openVectorTables } from "./vector-tables.ts";
import { toIndexWords } from "./words.ts";

/** A document as the writer needs it. */
interface DocumentRow {
  key: number;
  slot: number;
  sealed: number;
  chunks: number;
  dimensions: number | null;
  bytes: number;
}

/** What is written document by document. Each method is one transaction. */
export interface Writer {
  /** Takes away what there is of the document, which is not found from then on, and begins it. */
  begin(document: IndexDocument): void;
  append(argument: AppendArgument): void;
  seal(document: number): number;
  setAttributes(document: number, attributes: Attributes): void;
  replaceVectors(argument: ReplaceArgument): boolean;
}

/** Prepares the writer. All methods throw a SearchIndexError for a document that has not begun. */
export function openWriterTasks(client: Database, detach: (documents: readonly number[]) => void): Writer {
  const slots = openSlots(client);
  const vectorTables = openVectorTables(client);
  const find = client.prepare<[number], DocumentRow>(
    "SELECT key, slot, sealed, chunks, dimensions, bytes FROM documents WHERE document = ?",
  );
  const insertDocument = client.prepare(
    "INSERT INTO documents (document, slot, model, attributes) VALUES (?, ?, ?, ?)",
  );
  const grow = client.prepare(
    "UPDATE documents SET chunks = chunks + ?, bytes = bytes + ?, dimensions = ? WHERE key = ?",
  );
  const seal = client.prepare("UPDATE documents SET sealed = 1 WHERE key = ?");
  const setAttributes = client
    .prepare<[string, number], number>(
      "UPDATE documents SET attributes = ? WHERE document = ? RETURNING slot",
    )
    .pluck();
  const setModel = client.prepare(
    "UPDATE documents SET model = ?, dimensions = ?, bytes = bytes + ? WHERE key = ?",
  );
  const lastSpan = client.prepare<[number], { first: number; count: number }>(
    "SELECT first, count FROM spans WHERE key = ? ORDER BY ordinal DESC LIMIT 1",
  );
  const spansOf = client.prepare<[number], { first: number; count: number }>(
    "SELECT first, count FROM spans WHERE key = ? ORDER BY ordinal",
  );
  const growSpan = client.prepare("UPDATE spans SET count = count + ? WHERE first = ?");
  const insertSpan = client.prepare("INSERT INTO spans (first, count, key, ordinal) VALUES (?, ?, ?, ?)");
  const insertChunk = client.prepare("INSERT INTO chunks (id, start, text) VALUES (?, ?, ?)");
  const insertWords = client.prepare("INSERT INTO words (rowid, list) VALUES (CAST(? AS INTEGER), ?)");

  const begun = (document: number): DocumentRow => {
    const row = find.get(document);
    if (row === undefined) {
      throw new SearchIndexError(
        `Document ${document} has not begun, or was removed meanwhile: begin it again.`,
      );
    }
    return row;
  };
  const unsealed = (document: number): DocumentRow => {
    const row = begun(document);
    if (row.sealed) throw new SearchIndexError(`Document ${document} is sealed: nothing can be added to it.`);
    return row;
  };

  const addChunks = (row: DocumentRow, { texts, starts, vectors }: AppendArgument): void => {
    const { dimensions } = vectors;
    if (row.dimensions !== null && row.dimensions !== dimensions) {
      throw new RangeError(
        `Vectors of one document are of different lengths: ${row.dimensions} and ${dimensions}.`,
      );
    }
    const first = slots.take(row.slot, texts.length);
    const tables = vectorTables(dimensions);
    let bytes = vectorBytes(texts.length, dimensions);
    let id = first;
    for (const vector of unpackVectors(vectors)) {
      const text = texts[id - first] as string;
      bytes += Buffer.byteLength(text);
      insertChunk.run(id, starts[id - first], toStoredText(text));
      insertWords.run(id, toIndexWords(text).join(" "));
      tables.insert(id, row.key, vector);
      id++;
    }
    const span = lastSpan.get(row.key);
    if (span !== undefined && span.first + span.count === first) growSpan.run(texts.length, span.first);
    else insertSpan.run(first, texts.length, row.key, row.chunks);
    grow.run(texts.length, bytes, dimensions, row.key);
  };

  const replace = (row: DocumentRow, { model, vectors }: ReplaceArgument): void => {
    const dimensions = vectors[0]?.dimensions ?? row.dimensions;
    const fresh = vectors.flatMap((pack) => [...unpackVectors(pack)]);
    let index = 0;
    for (const { first, count } of spansOf.all(row.key)) {
      vectorTables(row.dimensions as number).remove(first, first + count - 1);
      const tables = vectorTables(dimensions as number);
      for (let id = first; id < first + count; id++) {
        tables.insert(id, row.key, fresh[index++] as Float32Array);
      }
    }
    const more = vectorBytes(row.chunks, (dimensions ?? 0) - (row.dimensions ?? 0));
    setModel.run(model, dimensions, more, row.key);
    slots.changed(row.slot);
  };

  return {
    begin: immediate(client, ({ document, store, attributes, model }: IndexDocument) => {
      detach([document]);
      insertDocument.run(document, slots.of(store), model, JSON.stringify(attributes));
    }),
    append(argument) {
      const { vectors } = argument;
      // Outside of the transaction: were that undone, the tables would be gone and still be taken as there.
      if (vectors.dimensions > 0) vectorTables(vectors.dimensions);
      immediate(client, () => {
        const row = unsealed(argument.document);
        if (argument.texts.length > 0) addChunks(row, argument);
      })();
    },
    seal: immediate(client, (document: number) => {
      const row = begun(document);
      seal.run(row.key);
      slots.changed(row.slot);
      return row.bytes;
    }),
    setAttributes: immediate(client, (document: number, attributes: Attributes) => {
      const slot = setAttributes.get(JSON.stringify(attributes), document);
      if (slot !== undefined) slots.changed(slot);
    }),
    replaceVectors(argument) {
      for (const { dimensions } of argument.vectors) if (dimensions > 0) vectorTables(dimensions);
      return immediate(client, () => {
        const row = find.get(argument.document);
        const count = argument.vectors.reduce(
          (sum, { numbers, dimensions }) => sum + (dimensions === 0 ? 0 : numbers.length / dimensions),
          0,
        );
        if (!row?.sealed || row.chunks !== count) return false;
        replace(row, argument);
        return true;
      })();
    },
  };
}
