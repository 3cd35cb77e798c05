/** Bytes of one number of a vector, as it is kept: float32. */
const bytesPerNumber = 4;

/** Bytes that `count` vectors take. */
export function vectorBytes(count: number, dimensions: number): number {
  return count * dimensions * bytesPerNumber;
}

/**
 * Makes a vector one unit long, in place, in the form that sqlite-vec reads: float32 in the machine's byte order.
 * A vector of zeros stays what it is: it is near nothing.
 *
 * @throws RangeError for numbers that are not finite.
 */
export function toUnitBytes(vector: Float32Array): Buffer {
  let largest = 0;
  for (const value of vector) largest = Math.max(largest, Math.abs(value));
  if (!Number.isFinite(largest)) throw new RangeError("A vector has a number that is not finite.");
  if (largest > 0) {
    // In two steps, so that squares of very large or small numbers do not leave the range.
    let sum = 0;
    for (const value of vector) sum += (value / largest) ** 2;
    const length = largest * Math.sqrt(sum);
    for (let index = 0; index < vector.length; index++) {
      vector[index] = (vector[index] as number) / length;
    }
  }
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
}

/**
 * One bit for each number of a vector, whether it is above zero, filled up to whole bytes (sqlite-vec,
 * "Binary quantization", which wants a multiple of eight numbers). How many bits differ tells roughly how far
 * apart two vectors are, at a thirty-second of the reading.
 */
export function toBits(vector: Float32Array): Buffer {
  const bits = Buffer.alloc(Math.ceil(vector.length / 8));
  for (let index = 0; index < vector.length; index++) {
    if ((vector[index] as number) > 0) bits[index >> 3] = (bits[index >> 3] as number) | (1 << (index & 7));
  }
  return bits;
}
