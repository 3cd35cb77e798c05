import { join } from "node:path";

/** Folder of this package. */
export const testkitDir: string = join(import.meta.dirname, "..");

/** Root of the repository: the folder that holds `apps`, `packages` and `pnpm-workspace.yaml`. */
export const repoRoot: string = join(testkitDir, "..", "..");
