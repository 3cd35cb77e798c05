import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The program of an extraction process, and what of the file system it has to read to run. */
export interface ProcessProgram {
  file: string;
  readable: string[];
}

/**
 * Finds the program of the extraction process.
 *
 * In a bundle this module is in the main file or in a chunk in a directory below it, and `extract-process.js` is an
 * entry point beside the main file; that is looked for first, here and one directory up. Otherwise this runs from
 * source, where the program is `extract-process.ts` beside this file. The bundle reads only its own directory; the
 * source reads itself and the packages that are installed for it.
 *
 * @param module the URL of the module that asks, this one outside tests
 */
export function findProcessProgram(module: string = import.meta.url): ProcessProgram {
  for (const place of ["./extract-process.js", "../extract-process.js"]) {
    const file = fileURLToPath(new URL(place, module));
    if (existsSync(file)) return { file, readable: [join(dirname(file), "*")] };
  }
  const file = fileURLToPath(new URL("./extract-process.ts", module));
  const source = dirname(file);
  const readable = [join(source, "*"), join(dirname(source), "package.json")];
  for (let directory = dirname(source); directory !== dirname(directory); directory = dirname(directory)) {
    const packages = join(directory, "node_modules");
    if (existsSync(packages)) readable.push(join(packages, "*"));
  }
  return { file, readable };
}
