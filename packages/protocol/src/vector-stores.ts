import * as z from "zod";
import { type Attributes, attributes, metadata } from "./attributes.ts";
import { within } from "./integer.ts";
import { pageQuery } from "./paging.ts";
import { searchFilter } from "./search-filter.ts";

const fileId = z.string().min(1).max(256);

const staticChunking = z
  .looseObject({
    max_chunk_size_tokens: z.int().check(within({ min: 100, max: 4096 })),
    chunk_overlap_tokens: z.int().check(within({ min: 0 })),
  })
  .refine(({ max_chunk_size_tokens: size, chunk_overlap_tokens: overlap }) => overlap * 2 <= size, {
    message: "must not be more than half of max_chunk_size_tokens",
    path: ["chunk_overlap_tokens"],
  });

/** How a file is cut into chunks; `auto` is what the server is configured to (800 tokens, 400 overlap). */
const chunkingStrategy = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("auto") }),
  z.looseObject({ type: z.literal("static"), static: staticChunking }),
]);
export type ChunkingStrategy = z.infer<typeof chunkingStrategy>;

/** Chunk sizes in tokens. */
export interface StaticChunking {
  max_chunk_size_tokens: number;
  chunk_overlap_tokens: number;
}

/** A store that nobody uses goes after so many days. */
const storeExpiry = z.looseObject({
  anchor: z.literal("last_active_at"),
  days: z.int().check(within({ min: 1, max: 365 })),
});

/** Body of `POST /v1/vector_stores`. */
export const createVectorStore = z.looseObject({
  name: z.string().max(256).nullish(),
  description: z.string().max(512).nullish(),
  file_ids: z.array(fileId).max(500).nullish(),
  metadata: metadata.nullish(),
  expires_after: storeExpiry.nullish(),
  chunking_strategy: chunkingStrategy.nullish(),
});

/** Body of `POST` (or `PUT`) `/v1/vector_stores/{id}`: what is absent stays, null empties. */
export const updateVectorStore = z.looseObject({
  name: z.string().max(256).nullish(),
  metadata: metadata.nullish(),
  expires_after: storeExpiry.nullish(),
});

/** How many files of a store or batch are in which state. */
export interface FileCounts {
  in_progress: number;
  completed: number;
  failed: number;
  cancelled: number;
  total: number;
}

/** The VectorStore object. */
export interface VectorStoreObject {
  id: string;
  object: "vector_store";
  created_at: number;
  name: string | null;
  description: string | null;
  /** Bytes of the text and vectors of its files. */
  usage_bytes: number;
  file_counts: FileCounts;
  /** `in_progress` while any of its files is. */
  status: "in_progress" | "completed" | "expired";
  expires_after: { anchor: "last_active_at"; days: number } | null;
  expires_at: number | null;
  /** The last time a file was added or a search was made. */
  last_active_at: number;
  metadata: Record<string, string>;
}

/** Body of `POST /v1/vector_stores/{id}/files`. */
export const attachFile = z.looseObject({
  file_id: fileId,
  attributes: attributes.nullish(),
  chunking_strategy: chunkingStrategy.nullish(),
});

/** Body of `POST /v1/vector_stores/{id}/files/{file_id}`: replaces the attributes. */
export const updateAttributes = z.looseObject({ attributes: attributes.nullable() });

const batchLimit = 2000;

/** Body of `POST /v1/vector_stores/{id}/file_batches`: ids with settings for all, or files with their own. */
export const createFileBatch = z
  .looseObject({
    file_ids: z.array(fileId).min(1).max(batchLimit).nullish(),
    files: z.array(attachFile).min(1).max(batchLimit).nullish(),
    attributes: attributes.nullish(),
    chunking_strategy: chunkingStrategy.nullish(),
  })
  .refine(({ file_ids, files }) => (file_ids == null) !== (files == null), {
    message: "give either file_ids or files",
    path: ["file_ids"],
  });

export type VectorStoreFileStatus = "in_progress" | "completed" | "failed" | "cancelled";

/** Why a file could not be taken in. */
export interface IngestError {
  code: "server_error" | "unsupported_file" | "invalid_file";
  message: string;
}

/** The VectorStoreFile object; its id is the file's. */
export interface VectorStoreFileObject {
  id: string;
  object: "vector_store.file";
  created_at: number;
  vector_store_id: string;
  status: VectorStoreFileStatus;
  last_error: IngestError | null;
  usage_bytes: number;
  attributes: Attributes;
  chunking_strategy: { type: "static"; static: StaticChunking };
}

/** The VectorStoreFileBatch object. */
export interface FileBatchObject {
  id: string;
  object: "vector_store.files_batch";
  created_at: number;
  vector_store_id: string;
  status: "in_progress" | "completed" | "cancelled" | "failed";
  file_counts: FileCounts;
}

/** Query of lists with `before` beside `after`. */
export const twoWayPageQuery = pageQuery.extend({ before: z.string().min(1).optional() });
/**
 * Which part of a list. Neither cursor is part of the page. `before` alone gives what ends right before it; with both
 * the page begins right after `after` and ends before `before` at the latest. The official clients send both: they
 * turn pages by adding `after` to the query they began with.
 */
export type TwoWayPageQuery = z.infer<typeof twoWayPageQuery>;

/** Query of lists of a store's or batch's files. */
export const vectorStoreFileListQuery = twoWayPageQuery.extend({
  filter: z.enum(["in_progress", "completed", "failed", "cancelled"]).optional(),
});
export type VectorStoreFileListQuery = z.infer<typeof vectorStoreFileListQuery>;

/** How results are ranked. `none` is by vectors alone; `auto` and the dated name join them with text search. */
export const rankingOptions = z.looseObject({
  ranker: z.enum(["none", "auto", "default-2024-11-15"]).nullish(),
  score_threshold: z.number().min(0).max(1).nullish(),
  hybrid_search: z
    .looseObject({ embedding_weight: z.number().min(0), text_weight: z.number().min(0) })
    .refine(
      ({ embedding_weight: a, text_weight: b }) => a + b > 0,
      "at least one weight must be greater than 0",
    )
    .nullish(),
});
export type RankingOptions = z.infer<typeof rankingOptions>;

const query = z.string().min(1).max(32_768);

/** Body of `POST /v1/vector_stores/{id}/search`. */
export const searchVectorStore = z.looseObject({
  query: z.union([query, z.array(query).min(1).max(16)]),
  max_num_results: z
    .int()
    .check(within({ min: 1, max: 50 }))
    .nullish(),
  filters: searchFilter.nullish(),
  ranking_options: rankingOptions.nullish(),
  rewrite_query: z.boolean().nullish(),
});

/** One result of a search: the best chunks of one file would be several results. */
export interface SearchResultObject {
  file_id: string;
  filename: string;
  /** From 0 to 1. */
  score: number;
  attributes: Attributes;
  content: { type: "text"; text: string }[];
}
