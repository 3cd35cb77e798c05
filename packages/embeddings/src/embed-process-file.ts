import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Where the entry of the child process may be, seen from this file: bundled, bundled in chunks, or as source. */
const places = ["./embed-process.js", "../embed-process.js", "./embed-process.ts"];

/**
 * The file that the embedder's child process runs: `embed-process.js` beside the bundle that this module is part of
 * or one directory up, otherwise the TypeScript source. `from` is the address of this module. Throws an Error
 * that names the places when there is none.
 */
export function findEmbedProcess(from: string = import.meta.url): string {
  const candidates = places.map((place) => fileURLToPath(new URL(place, from)));
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found === undefined) {
    throw new Error(`The program of the embedding process is missing; looked for ${candidates.join(", ")}.`);
  }
  return found;
}
