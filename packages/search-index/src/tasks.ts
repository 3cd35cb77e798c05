import type { IndexDocument, IndexHit, IndexQuery } from "@gateway/engine";
import type { Attributes } from "@gateway/protocol";
import type { PackedVectors } from "./pack-vectors.ts";

/** What the writing thread does: argument and result of each task. */
export interface WriterTasks {
  /** Makes sure that the file is there and readable. */
  open: { argument: null; result: undefined };
  /** Throws the file away and begins anew; no reader may have it open. */
  renew: { argument: string; result: undefined };
  begin: { argument: IndexDocument; result: undefined };
  append: { argument: AppendArgument; result: undefined };
  seal: { argument: number; result: number };
  remove: { argument: readonly number[]; result: undefined };
  removeStore: { argument: number; result: undefined };
  setAttributes: { argument: { document: number; attributes: Attributes }; result: undefined };
  replaceVectors: { argument: ReplaceArgument; result: boolean };
}

/** What the reading threads do. */
export interface ReaderTasks {
  search: { argument: IndexQuery; result: IndexHit[] };
  text: { argument: number; result: string | undefined };
  documents: { argument: { after: number; limit: number }; result: number[] };
  documentsOfOtherModels: { argument: { model: string; after: number; limit: number }; result: number[] };
  chunkTexts: { argument: { document: number; ordinal: number; limit: number }; result: string[] };
}

/** Chunks, with their vectors in one buffer. */
export interface AppendArgument {
  document: number;
  texts: string[];
  starts: number[];
  vectors: PackedVectors;
}

/** New vectors of a document's chunks from `ordinal` on. */
export interface ReplaceArgument {
  document: number;
  model: string;
  ordinal: number;
  vectors: PackedVectors;
}

/** Tasks of a thread by name. */
export type TaskTable = Record<string, { argument: unknown; result: unknown }>;

/** What does the tasks of a thread. */
export type TaskHandlers<T> = {
  [K in keyof T]: T[K] extends { argument: infer A; result: infer R }
    ? (argument: A) => R | Promise<R>
    : never;
};

/** What a thread is started with. */
export interface ThreadSettings {
  role: "writer" | "reader";
  file: string;
  /** Whether it is this process's first thread in its role: what is half done then is a former process's. */
  first: boolean;
}

/** Asks a thread for a task; `close` ends it. */
export type ThreadRequest = { id: number; task: string; argument: unknown } | { task: "close" };

/** What a thread says: the end of a task, trouble outside of any, or that and why the file was begun anew. */
export type ThreadMessage =
  | { id: number; result: unknown }
  | { id: number; error: { name: string; message: string; code: string } }
  | { problem: { message: string; code: string } }
  | { renewed: { message: string; code: string } };
