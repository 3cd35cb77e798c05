/** Vectors of one length behind each other, in a buffer that nothing else uses and that may be handed to a thread. */
export interface PackedVectors {
  numbers: Float32Array<ArrayBuffer>;
  dimensions: number;
}

/**
 * Copies vectors, which stay the caller's, into one buffer.
 *
 * @throws RangeError where they are empty or of different lengths.
 */
export function packVectors(vectors: readonly Float32Array[]): PackedVectors {
  const dimensions = vectors[0]?.length ?? 0;
  const numbers = new Float32Array(vectors.length * dimensions);
  for (const [index, vector] of vectors.entries()) {
    if (vector.length === 0) throw new RangeError("A vector is empty.");
    if (vector.length !== dimensions) {
      throw new RangeError(
        `Vectors of one document are of different lengths: ${dimensions} and ${vector.length}.`,
      );
    }
    numbers.set(vector, index * dimensions);
  }
  return { numbers, dimensions };
}

/** The vectors in a pack, as views of it. */
export function* unpackVectors({ numbers, dimensions }: PackedVectors): Generator<Float32Array> {
  if (dimensions === 0) return;
  for (let at = 0; at < numbers.length; at += dimensions) yield numbers.subarray(at, at + dimensions);
}
