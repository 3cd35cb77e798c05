import type { Database as Client } from "better-sqlite3";
import type { GroupCommit } from "./group-commit.ts";

/** An open database and what differs with where it is kept. */
export interface Database {
  /** For reads, which see every commit at once. */
  readonly client: Client;
  /** For all writes. */
  readonly writer: GroupCommit;
  /** Notes that content was deleted and must leave the files too. */
  erased(): void;
  /** False when the file was moved or removed while open: what is written now would be lost. */
  isInPlace(): boolean;
  /** False when the disk was full and still is: small writes may work all the same. */
  hasRoom(): boolean;
  /** Copies everything, as of one moment, into an empty file. */
  copyTo(file: string): Promise<unknown>;
  /** The lines of `PRAGMA integrity_check`. */
  integrity(): Promise<string[]>;
  /** To be called once the writer has been closed. */
  close(): Promise<void>;
}
