import type { MemoryFiles, WatchedFiles } from "./changed-files.ts";
import type { FromSandbox, RunLimits, WhyLost } from "./messages.ts";

/** What {@link handOver} works with. */
export interface HandingOver {
  files: WatchedFiles;
  memory: MemoryFiles;
  /** Where the files are. */
  root: string;
  limits: Pick<RunLimits, "maxFiles" | "maxFileBytes">;
  say(message: FromSandbox, body?: Uint8Array): void;
}

/** Files that were not handed over are named up to this number. */
const maxLost = 20;

/** Tells what has become of the files since they were last looked at: removed ones, lost ones, and changed ones whole. */
export function handOver({ files, memory, root, limits, say }: HandingOver): void {
  const { changed, removed, unreadable } = files.takeChanges();
  for (const path of removed) say({ type: "removed", path });
  let told = 0;
  const lose = (path: string, why: WhyLost) => {
    if (told++ < maxLost) say({ type: "lost", path, why });
  };
  for (const path of unreadable) lose(path, "unreadable");
  let left = limits.maxFileBytes;
  for (const [index, path] of changed.entries()) {
    const { size } = memory.lstat(`${root}/${path}`);
    const why = index >= limits.maxFiles ? "too_many" : size > left ? "too_large" : undefined;
    if (why === undefined) {
      left -= size;
      say({ type: "file", path }, memory.readFile(`${root}/${path}`));
    } else {
      files.forget(path);
      lose(path, why);
    }
  }
}
