/** Longest vector that is taken for one: no known model makes longer ones. */
const longestVector = 65_536;

/**
 * Reads the body of an answer to `POST /embeddings` (OpenAI's API reference, "Create embeddings"): `data` holds one
 * entry for each text, in any order, which its `index` names; a server that leaves `index` out keeps the order.
 * A vector is a list of numbers, or base64 of little-endian 32-bit floats.
 *
 * Returns the vectors in the order of the texts. Throws an Error that says what is wrong with the answer: another
 * number of vectors than texts, vectors of different lengths or without numbers, or what is no finite number.
 */
export function parseEmbeddingsAnswer(body: string, texts: number): Float32Array[] {
  const data = dataOf(body);
  if (data.length !== texts) throw new Error(`${data.length} vectors for ${texts} texts`);
  const vectors: (Float32Array | undefined)[] = Array.from({ length: texts }, () => undefined);
  for (const [place, entry] of data.entries()) {
    const { index, embedding } = (entry ?? {}) as { index?: unknown; embedding?: unknown };
    const at = index === undefined ? place : index;
    if (typeof at !== "number" || !Number.isInteger(at) || at < 0 || at >= texts) {
      throw new Error(`the index of entry ${place} is ${String(at)}, with ${texts} texts`);
    }
    if (vectors[at] !== undefined) throw new Error(`two vectors with the index ${at}`);
    vectors[at] = toVector(embedding, at);
  }
  const found = vectors as Float32Array[];
  const length = found[0]?.length;
  const other = found.find((vector) => vector.length !== length);
  if (other !== undefined) throw new Error(`vectors of ${length} and of ${other.length} numbers`);
  return found;
}

function dataOf(body: string): unknown[] {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    throw new Error(/^\s*</.test(body) ? "a web page" : "no JSON");
  }
  const data = (answer as { data?: unknown } | null)?.data;
  if (!Array.isArray(data)) throw new Error("there is no list 'data' of vectors in it");
  return data;
}

function toVector(embedding: unknown, index: number): Float32Array {
  const vector = typeof embedding === "string" ? fromBase64(embedding, index) : fromList(embedding, index);
  if (vector.length === 0) throw new Error(`vector ${index} is empty`);
  if (vector.length > longestVector) throw new Error(`vector ${index} has ${vector.length} numbers`);
  // A number beyond what 32 bits hold becomes infinite, so the look comes after the conversion.
  if (!vector.every(Number.isFinite))
    throw new Error(`vector ${index} holds something else than finite numbers`);
  return vector;
}

function fromList(embedding: unknown, index: number): Float32Array {
  if (!Array.isArray(embedding)) throw new Error(`vector ${index} is neither a list of numbers nor base64`);
  // `Float32Array.from` would take null for 0 and "1" for 1.
  if (!embedding.every((value) => typeof value === "number")) {
    throw new Error(`vector ${index} holds something else than finite numbers`);
  }
  return Float32Array.from(embedding as number[]);
}

function fromBase64(text: string, index: number): Float32Array {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length % 4 !== 0) throw new Error(`vector ${index} is no base64 of 32-bit floats`);
  const vector = new Float32Array(bytes.length / 4);
  for (let at = 0; at < vector.length; at++) vector[at] = bytes.readFloatLE(at * 4);
  return vector;
}
