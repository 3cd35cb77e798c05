/** Marks a file as a search index of this program (`PRAGMA application_id`): "gwsi" in ASCII. */
export const applicationId = 0x67777369;

/**
 * Version of the schema and of all that is derived by code and kept in it, such as {@link toIndexWords}. There
 * are no migrations: a file of another version is thrown away, for its content can be made again.
 */
export const schemaVersion = 1;

/**
 * Chunk numbers that one store has. A chunk's number is its store's slot times this plus a count, so that a
 * store is one range of numbers in every table, the word index included, and a search of it reads nothing of
 * the others. Numbers stay below 2^53: there is room for 8 million stores, each with as many additions.
 */
export const chunksPerStore = 2 ** 30;

/**
 * The tables that are always there; those for vectors are made when vectors of a new length come.
 *
 * `documents.key` is the index's own number. A document that is to go loses its number (`document`) at once and
 * its content piece by piece; neither it nor one that is not sealed is ever found.
 *
 * `spans` says which chunks are a document's: runs of `count` chunks from `first` on, whose first one is the
 * document's `ordinal`-th. There are several where other documents of the store came in between.
 *
 * `words` holds the words of the chunks and not the text (it is contentless), for the words are made by
 * {@link toIndexWords}: SQLite's own tokenizer would take a run of Chinese as one word. To remove a chunk, its
 * words are made again from its text. What remains to SQLite is to part them at the spaces and to cut English
 * endings (porter).
 */
export const schema = `
CREATE TABLE stores (
  slot INTEGER PRIMARY KEY,
  store INTEGER NOT NULL UNIQUE,
  next INTEGER NOT NULL DEFAULT 0,
  chunks INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE documents (
  key INTEGER PRIMARY KEY,
  document INTEGER UNIQUE,
  slot INTEGER NOT NULL,
  model TEXT NOT NULL,
  attributes TEXT NOT NULL,
  sealed INTEGER NOT NULL DEFAULT 0,
  chunks INTEGER NOT NULL DEFAULT 0,
  dimensions INTEGER,
  bytes INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX documents_by_model ON documents (slot, model);
CREATE INDEX documents_unsealed ON documents (slot) WHERE sealed = 0;
CREATE TABLE spans (
  first INTEGER PRIMARY KEY,
  count INTEGER NOT NULL,
  key INTEGER NOT NULL,
  ordinal INTEGER NOT NULL
) STRICT;
CREATE INDEX spans_by_document ON spans (key, ordinal);
CREATE TABLE chunks (
  id INTEGER PRIMARY KEY,
  start INTEGER NOT NULL,
  text ANY NOT NULL
) STRICT;
CREATE VIRTUAL TABLE words USING fts5 (list, content = '', tokenize = 'porter ascii');
CREATE TABLE pending_merge (words INTEGER PRIMARY KEY) STRICT;
`;

/** The tables of {@link schema}, to see whether a file has them all. */
export const tables = ["stores", "documents", "spans", "chunks", "words", "pending_merge"] as const;
