import type { FileQuota } from "@gateway/engine";
import type { StaticChunking } from "@gateway/protocol";

/** Limits and paces of files and what is known from them. */
export interface KnowledgeSettings {
  /** Longest file that is taken at once. */
  maxFileBytes: number;
  /** Longest file that is uploaded in parts. */
  maxUploadBytes: number;
  maxPartBytes: number;
  /** How much each tenant may keep. */
  quota: FileQuota;
  /** How files are cut where the caller leaves it open. */
  chunking: StaticChunking;
  /** How many documents are taken in at the same time. With two, one is read while the other is embedded. */
  ingestConcurrency: number;
  /** Largest stored picture that a request may refer to. */
  maxImageBytes: number;
  /** Longest text of a file in a request, in UTF-16 units. */
  maxInlineTextChars: number;
  /** How many uploads each tenant may have that are not completed. */
  maxPendingUploads: number;
  /** How long an upload may take. */
  uploadLifetimeSeconds: number;
  /** How often expired files and uploads are looked for. */
  sweepIntervalMs: number;
}

const mebibyte = 1024 * 1024;

/** The API's own limits where it has them. */
export const defaultSettings: KnowledgeSettings = {
  maxFileBytes: 512 * mebibyte,
  maxUploadBytes: 8 * 1024 * mebibyte,
  maxPartBytes: 64 * mebibyte,
  quota: { files: undefined, bytes: undefined },
  chunking: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 },
  ingestConcurrency: 2,
  maxImageBytes: 20 * mebibyte,
  maxInlineTextChars: 2_000_000,
  maxPendingUploads: 1_000,
  uploadLifetimeSeconds: 3_600,
  sweepIntervalMs: 60_000,
};
