import type { BlobStore, PartRecord } from "@gateway/engine";

/** The content of parts, one after the other, read at the pace it is taken. */
export async function* joinParts(
  blobs: BlobStore,
  parts: readonly Pick<PartRecord, "hash">[],
): AsyncGenerator<Uint8Array, void> {
  for (const { hash } of parts) yield* await blobs.read(hash);
}
