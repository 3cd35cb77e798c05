/**
 * Fails when the generated code in packages/extproc/src/gen is not what `npm run protos` would make of protos/.
 * Generates into a temporary directory, so that the tree stays as it is. Needs no network.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, relative, sep } from "node:path";

const root = join(import.meta.dirname, "..");
const generated = "packages/extproc/src/gen";
const bin = join(root, "node_modules", ".bin");

/** The text of every file below `directory`, by its path relative to it. Empty when there is no such directory. */
function readTree(directory: string): Map<string, string> {
  const files = new Map<string, string>();
  let entries: ReturnType<typeof list>;
  try {
    entries = list(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return files;
    throw error;
  }
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(relative(directory, path).split(sep).join("/"), readFileSync(path, "utf8"));
  }
  return files;
}

function list(directory: string) {
  return readdirSync(directory, { recursive: true, withFileTypes: true });
}

/** One line per file that differs, sorted by path. */
function compare(committed: Map<string, string>, fresh: Map<string, string>): string[] {
  const differences: string[] = [];
  for (const path of [...new Set([...committed.keys(), ...fresh.keys()])].sort()) {
    if (!committed.has(path)) differences.push(`  missing   ${generated}/${path}`);
    else if (!fresh.has(path)) differences.push(`  left over ${generated}/${path}`);
    else if (committed.get(path) !== fresh.get(path)) differences.push(`  differs   ${generated}/${path}`);
  }
  return differences;
}

const temporary = mkdtempSync(join(tmpdir(), "check-protos-"));
try {
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ""}` };
  const run = { cwd: root, env, stdio: "inherit" } as const;
  execFileSync(join(bin, "buf"), ["lint"], run);
  execFileSync(join(bin, "buf"), ["generate", "--output", temporary], run);
  const differences = compare(readTree(join(root, generated)), readTree(join(temporary, generated)));
  if (differences.length > 0) {
    console.error(
      `The generated code is not what protos/ says:\n${differences.join("\n")}\nRun \`npm run protos\` and commit the result.`,
    );
    process.exitCode = 1;
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
