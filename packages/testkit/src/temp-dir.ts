import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of one test. */
export interface TempDir extends Disposable {
  /** Absolute path of the folder. */
  readonly path: string;
  /** Absolute path of a name inside the folder; nothing is created. */
  join(...names: string[]): string;
  /** Removes the folder with all it holds. Removing twice is no error. */
  remove(): void;
}

const open = new Set<string>();

/**
 * Makes an empty folder below the system's temp folder. It is removed by `remove()`, at the end of a
 * `using` block, or at the latest when this process exits.
 */
export function tempDir(prefix = "gateway-test-"): TempDir {
  const path = mkdtempSync(join(tmpdir(), prefix));
  if (open.size === 0) process.once("exit", removeAll);
  open.add(path);
  const remove = (): void => {
    open.delete(path);
    rmSync(path, { recursive: true, force: true });
    if (open.size === 0) process.off("exit", removeAll);
  };
  return { path, join: (...names) => join(path, ...names), remove, [Symbol.dispose]: remove };
}

function removeAll(): void {
  for (const path of open) rmSync(path, { recursive: true, force: true });
}
