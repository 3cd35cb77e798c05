import { type ApiError, internal } from "@gateway/protocol";

/** What a call of an embedder that was closed rejects with; `model` is the embedder's fingerprint. */
export function closedEmbedder(model: string): ApiError {
  return internal(`The embedder '${model}' is closed.`, { code: "embedding_failed" });
}
