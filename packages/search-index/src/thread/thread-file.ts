import { existsSync } from "node:fs";

/**
 * Where the program of the index's threads is: `index-thread.js` beside the code that runs, or one folder up
 * from it, as bundles with chunks have it; from source, the TypeScript file.
 */
export function threadFile(): URL {
  const bundled = ["./index-thread.js", "../index-thread.js"].map((path) => new URL(path, import.meta.url));
  return bundled.find((file) => existsSync(file)) ?? new URL("./index-thread.ts", import.meta.url);
}
