import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The program of a confined process. */
export interface Program {
  file: string;
  /** Its directory: that of the bundle, or of the source file. */
  directory: string;
  /** False where it runs from source, and so needs the packages that are installed for it. */
  bundled: boolean;
}

/**
 * Finds a program that runs beside the gateway.
 *
 * In a bundle the module that asks is in the main file or in a chunk in a directory below it, and `NAME.js` is an entry
 * point beside the main file; that is looked for first, there and one directory up. Otherwise it runs from source, where
 * the program is `source`, seen from the module.
 *
 * @param module the URL of the module that asks
 */
export function findProgram(name: string, source: string, module: string): Program {
  for (const place of [`./${name}.js`, `../${name}.js`]) {
    const file = fileURLToPath(new URL(place, module));
    if (existsSync(file)) return { file, directory: dirname(file), bundled: true };
  }
  const file = fileURLToPath(new URL(source, module));
  return { file, directory: dirname(file), bundled: false };
}

/** Where packages that are installed for a program may be: every `node_modules` above it. */
export function packagesAbove(directory: string): string[] {
  const found: string[] = [];
  for (let above = dirname(directory); above !== dirname(above); above = dirname(above)) {
    const packages = join(above, "node_modules");
    if (existsSync(packages)) found.push(packages);
  }
  return found;
}
