import { createHash } from "node:crypto";

/** What of the interpreter's file system is looked at. Methods throw where there is nothing of that kind. */
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
  /** Files and directories that cannot be read: nothing is known of them. */
  unreadable: string[];
}

/** Knows the files of a directory, by what is in them: times can be set by the code. Links are not followed. */
export class WatchedFiles {
  readonly #files: MemoryFiles;
  readonly #root: string;
  #known = new Map<string, string>();
  #maxBytes = 0;

  constructor(files: MemoryFiles, root: string) {
    this.#files = files;
    this.#root = root;
  }

  /**
   * Takes the directory as it is for known. Of files with more than `maxBytes`, now and at the next look, only the size is
   * looked at: what is in them would fill the memory a second time.
   */
  learn(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#known = this.#look().found;
  }

  /** What has changed since; that is known then. */
  takeChanges(): Changes {
    const before = this.#known;
    const { found, unreadable } = this.#look();
    this.#known = found;
    const removed: string[] = [];
    for (const [path, hash] of before) {
      if (found.has(path)) continue;
      // There are more files than are looked at, or it cannot be read.
      if (this.#isThere(path)) found.set(path, hash);
      else removed.push(path);
    }
    const changed = [...found].flatMap(([path, hash]) => (before.get(path) === hash ? [] : [path]));
    return { changed, removed, unreadable };
  }

  /** Forgets a file, so that it counts as changed the next time. */
  forget(path: string): void {
    this.#known.delete(path);
  }

  #look(): Look {
    const look: Look = { found: new Map(), unreadable: [], entries: maxEntries };
    this.#attempt("", look, () => this.#walk("", 0, look));
    return look;
  }

  #walk(directory: string, depth: number, look: Look): void {
    const names = this.#files.readdir(this.#at(directory));
    for (const name of names.sort()) {
      if (name === "." || name === "..") continue;
      if (look.entries-- <= 0) return;
      const path = directory === "" ? name : `${directory}/${name}`;
      this.#attempt(path, look, () => this.#visit(path, depth, look));
    }
  }

  #visit(path: string, depth: number, look: Look): void {
    const { mode, size } = this.#files.lstat(this.#at(path));
    if (this.#files.isFile(mode)) look.found.set(path, this.#mark(path, size));
    else if (this.#files.isDir(mode) && depth < maxDepth) this.#walk(path, depth + 1, look);
  }

  /** Whatever code has made of one path, the others are looked at. */
  #attempt(path: string, look: Look, act: () => void): void {
    try {
      act();
    } catch {
      look.unreadable.push(path === "" ? "." : path);
    }
  }

  #isThere(path: string): boolean {
    try {
      return this.#files.isFile(this.#files.lstat(this.#at(path)).mode);
    } catch {
      return false;
    }
  }

  /** What a file is known by. */
  #mark(path: string, size: number): string {
    if (size > this.#maxBytes) return `${size} bytes`;
    const content = this.#files.readFile(this.#at(path));
    return createHash("sha256").update(content).digest("base64");
  }

  #at(path: string): string {
    return path === "" ? this.#root : `${this.#root}/${path}`;
  }
}

/** What one look at the directory has shown. */
interface Look {
  found: Map<string, string>;
  unreadable: string[];
  /** How many more are looked at. */
  entries: number;
}
