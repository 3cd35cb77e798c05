import { createHash } from "node:crypto";

/** What of the interpreter's file system is used. */
export interface MemoryFiles {
  readdir(path: string): string[];
  lstat(path: string): { mode: number; size: number };
  readFile(path: string): Uint8Array;
  isDir(mode: number): boolean;
  isFile(mode: number): boolean;
}

/** Files and directories that are looked at. */
const maxEntries = 10_000;
const maxDepth = 16;

/** What has become of the working directory, since it was last looked at. */
export interface Changes {
  /** Paths of files that are new or have other content. */
  changed: string[];
  removed: string[];
}

/** Knows the files of a directory, by what is in them: times can be set by the code. Links are not followed. */
export class WatchedFiles {
  readonly #files: MemoryFiles;
  readonly #root: string;
  #known = new Map<string, string>();

  constructor(files: MemoryFiles, root: string) {
    this.#files = files;
    this.#root = root;
  }

  /** Takes the directory as it is for known. */
  learn(): void {
    this.#known = this.#look();
  }

  /** What has changed since; that is known then. */
  takeChanges(): Changes {
    const before = this.#known;
    const now = this.#look();
    this.#known = now;
    return {
      changed: [...now].flatMap(([path, hash]) => (before.get(path) === hash ? [] : [path])),
      removed: [...before.keys()].filter((path) => !now.has(path)),
    };
  }

  /** Forgets a file, so that it counts as changed the next time. */
  forget(path: string): void {
    this.#known.delete(path);
  }

  #look(): Map<string, string> {
    const found = new Map<string, string>();
    const budget = { entries: maxEntries };
    this.#walk("", 0, found, budget);
    return found;
  }

  #walk(directory: string, depth: number, found: Map<string, string>, budget: { entries: number }): void {
    const names = this.#files.readdir(`${this.#root}/${directory}`);
    for (const name of names.sort()) {
      if (name === "." || name === "..") continue;
      if (budget.entries-- <= 0) return;
      const path = directory === "" ? name : `${directory}/${name}`;
      const { mode } = this.#files.lstat(`${this.#root}/${path}`);
      if (this.#files.isFile(mode)) found.set(path, this.#hash(path));
      else if (this.#files.isDir(mode) && depth < maxDepth) this.#walk(path, depth + 1, found, budget);
    }
  }

  #hash(path: string): string {
    const content = this.#files.readFile(`${this.#root}/${path}`);
    return createHash("sha256").update(content).digest("base64");
  }
}
