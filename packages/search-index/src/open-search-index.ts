import { mkdtempSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { SearchIndex } from "@gateway/engine";
import { ThreadedIndex } from "./threaded-index.ts";

/** Settings of {@link openSearchIndex}. */
export interface SearchIndexOptions {
  /**
   * The index's own database file; it is created where it is missing, with its folder. `:memory:` is a new empty
   * index in the system's folder for temporary files, which is removed on close.
   */
  path: string;
  /**
   * Told of trouble that no call can report: the file was of another version or damaged and has been begun anew,
   * or something that was removed could not be wiped out of it.
   */
  onProblem?: ((problem: Error) => void) | undefined;
  /** Told when the file was begun anew, at opening or at any later time: what it held has to be put in again. */
  onRenewed?: (() => void) | undefined;
  /** Milliseconds without work after which a thread is ended; a minute if left out. */
  idleMs?: number | undefined;
}

/**
 * Opens the index for search in a file. Nothing is read before the first call, and then by threads of their own:
 * one that writes and up to two that search, so that a search does not wait for an ingestion. Each ends when it has
 * had nothing to do for a while, and is started again with the next call.
 *
 * A file of another version or a damaged one is thrown away and begun anew: it holds nothing that cannot be made
 * again, and `documents()` tells what is left. A database of another program is refused: all calls reject. One
 * process may have the file open at a time.
 *
 * How a hit's score comes about is told at `fuse` in search/fuse.ts; in short, it is a fusion of the two rankings
 * by nearness of vectors and by words (BM25), times the larger of the cosine and the share of the query's words found.
 */
export function openSearchIndex(options: SearchIndexOptions): SearchIndex {
  const { path, onProblem = () => {}, onRenewed = () => {}, idleMs = 60_000 } = options;
  const shared = { idleMs, onProblem, onRenewed };
  if (path !== ":memory:") return new ThreadedIndex({ ...shared, file: resolve(path) });
  const folder = mkdtempSync(join(tmpdir(), "gateway-search-"));
  const removeAtExit = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeAtExit);
  return new ThreadedIndex({
    ...shared,
    file: join(folder, "index.db"),
    async onClosed(file) {
      process.off("exit", removeAtExit);
      await rm(dirname(file), { recursive: true, force: true });
    },
  });
}
