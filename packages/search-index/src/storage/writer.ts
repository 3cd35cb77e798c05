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
  model: string;
  sealed: number;
  chunks: number;
  dimensions: number | null;
  bytes: number;
}

/** The model of a document whose vectors are being replaced: none, so that neither the old nor the new ones are compared. */
const noModel = "";

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
    "SELECT key, slot, model, sealed, chunks, dimensions, bytes FROM documents WHERE document = ?",
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
  const setModel = client.prepare("UPDATE documents SET model = ? WHERE key = ?");
  const setDimensions = client.prepare(
    "UPDATE documents SET dimensions = ?, bytes = bytes + ? WHERE key = ?",
  );
  const lastSpan = client.prepare<[number], { first: number; count: number }>(
    "SELECT first, count FROM spans WHERE key = ? ORDER BY ordinal DESC LIMIT 1",
  );
  const spansBetween = client.prepare<
    { key: number; from: number; to: number },
    { first: number; count: number; ordinal: number }
  >(
    `SELECT first, count, ordinal FROM spans
     WHERE key = $key AND ordinal < $to AND ordinal + count > $from ORDER BY ordinal`,
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

  /** The runs of chunk numbers from one place in a document up to and without another. */
  const runsOf = (key: number, from: number, to: number): { first: number; last: number }[] =>
    spansBetween.all({ key, from, to }).map(({ first, count, ordinal }) => ({
      first: first + Math.max(0, from - ordinal),
      last: first + Math.min(count, to - ordinal) - 1,
    }));

  const changeLength = (row: DocumentRow, dimensions: number): void => {
    if (row.dimensions === dimensions) return;
    for (const { first, last } of runsOf(row.key, 0, row.chunks)) {
      vectorTables(row.dimensions as number).remove(first, last);
    }
    const more = vectorBytes(row.chunks, dimensions - (row.dimensions as number));
    setDimensions.run(dimensions, more, row.key);
  };

  const replace = (row: DocumentRow, { model, ordinal, vectors }: ReplaceArgument, count: number): void => {
    const { dimensions } = vectors;
    if (ordinal > 0 && row.dimensions !== dimensions) {
      throw new RangeError(
        `Vectors of one document are of different lengths: ${row.dimensions} and ${dimensions}.`,
      );
    }
    if (count > 0) changeLength(row, dimensions);
    const fresh = unpackVectors(vectors);
    for (const { first, last } of runsOf(row.key, ordinal, ordinal + count)) {
      const tables = vectorTables(dimensions);
      tables.remove(first, last);
      for (let id = first; id <= last; id++) tables.insert(id, row.key, fresh.next().value as Float32Array);
    }
    const modelNow = ordinal + count === row.chunks ? model : noModel;
    if (modelNow === row.model) return;
    setModel.run(modelNow, row.key);
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
      const { ordinal, vectors } = argument;
      if (vectors.dimensions > 0) vectorTables(vectors.dimensions);
      const count = vectors.dimensions === 0 ? 0 : vectors.numbers.length / vectors.dimensions;
      return immediate(client, () => {
        const row = find.get(argument.document);
        if (!row?.sealed || ordinal + count > row.chunks) return false;
        if (count === 0 && row.chunks > 0) return false;
        if (ordinal > 0 && row.model !== noModel) return false;
        replace(row, argument, count);
        return true;
      })();
    },
  };
}
