import type { MemoryFiles } from "./changed-files.ts";

/** What of the interpreter's file system is used. */
export interface WritableFiles extends MemoryFiles {
  /** While it is true, the rights that code has given to files or taken from them hold nobody up. */
  ignorePermissions: boolean;
  stat(path: string): { mode: number };
  chmod(path: string, mode: number): void;
  cwd(): string;
  chdir(path: string): void;
  mkdir(path: string): void;
  mkdirTree(path: string): void;
  writeFile(path: string, content: Uint8Array): void;
  unlink(path: string): void;
}

/** Rights of an owner: to read, write and enter. */
const ownersRights = 0o700;
const everyRight = 0o777;

/** The directory of the container's files, of which code may make what it likes. */
export class WorkingDirectory {
  readonly #files: WritableFiles;
  readonly #root: string;

  constructor(files: WritableFiles, root: string) {
    this.#files = files;
    this.#root = root;
  }

  /** Does something with files, without regard to the rights that code has given them. */
  unhindered<T>(act: () => T): T {
    this.#files.ignorePermissions = true;
    try {
      return act();
    } finally {
      this.#files.ignorePermissions = false;
    }
  }

  /**
   * Makes the directory, and what is above it, where it is none (any more), and lets it be read and written again. The
   * working directory is there in the end. True where it had to be made.
   */
  restore(): boolean {
    return this.unhindered(() => {
      let made = false;
      for (let end = 0; end !== this.#root.length; ) {
        const next = this.#root.indexOf("/", end + 1);
        end = next === -1 ? this.#root.length : next;
        if (this.#makeDirectory(this.#root.slice(0, end))) made = true;
      }
      if (!this.#isDirectory(this.#files.cwd())) this.#files.chdir(this.#root);
      return made;
    });
  }

  /** Puts a file in place. False where that cannot be done: there is a directory of that name, or a file above it. */
  write(path: string, content: Uint8Array): boolean {
    const whole = `${this.#root}/${path}`;
    return this.unhindered(() => {
      try {
        const mode = this.#modeOf(whole);
        // What stands there may lead elsewhere.
        if (mode !== undefined && !this.#files.isFile(mode)) this.#files.unlink(whole);
        this.#files.mkdirTree(whole.slice(0, whole.lastIndexOf("/")));
        this.#files.writeFile(whole, content);
        this.#files.chmod(whole, everyRight & ~0o111);
        return true;
      } catch {
        return false;
      }
    });
  }

  /** Removes a file, where it is there. */
  remove(path: string): void {
    this.unhindered(() => {
      try {
        this.#files.unlink(`${this.#root}/${path}`);
      } catch {
        // The code has removed it already, or made something else of it.
      }
    });
  }

  /** True where it was none. */
  #makeDirectory(path: string): boolean {
    const mode = this.#modeOf(path);
    if (mode !== undefined && this.#files.isDir(mode)) {
      if ((mode & ownersRights) !== ownersRights) this.#files.chmod(path, everyRight);
      return false;
    }
    if (mode !== undefined) this.#files.unlink(path);
    this.#files.mkdir(path);
    return true;
  }

  #isDirectory(path: string): boolean {
    try {
      return this.#files.isDir(this.#files.stat(path).mode);
    } catch {
      return false;
    }
  }

  /** Undefined where there is nothing. Links are not followed. */
  #modeOf(path: string): number | undefined {
    try {
      return this.#files.lstat(path).mode;
    } catch {
      return undefined;
    }
  }
}
