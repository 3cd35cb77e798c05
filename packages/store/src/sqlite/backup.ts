import { existsSync, renameSync, rmSync } from "node:fs";
import { StoreError } from "../errors.ts";
import { createPrivateFile } from "./database-file.ts";

/**
 * Lets `copy` fill a new private file beside `file`, and gives it that name once it is whole.
 *
 * @throws StoreError when `file` exists or the copy fails; nothing is left behind.
 */
export async function writeBackup(file: string, copy: (partial: string) => Promise<unknown>): Promise<void> {
  if (existsSync(file)) {
    throw new StoreError(`${file} exists already. Name a file that does not, or remove that one first.`);
  }
  const partial = `${file}.partial`;
  try {
    rmSync(partial, { force: true });
    createPrivateFile(partial);
    await copy(partial);
    renameSync(partial, file);
  } catch (cause) {
    rmSync(partial, { force: true });
    throw new StoreError(
      `Cannot write the backup ${file}: ${(cause as Error).message}. ` +
        "Check that its directory exists, can be written and has room for the whole database.",
      { cause },
    );
  }
}
