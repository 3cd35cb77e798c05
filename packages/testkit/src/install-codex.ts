import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { codexIn, codexManifests, type PartsPlace } from "./parts.ts";
import { lastError, runInstaller } from "./run-installer.ts";
import { tempDir } from "./temp-dir.ts";

/** Installs Codex, as its lockfile pins it, into `dir` and tries it; gives the reason when that fails. */
export async function installCodex(dir: string, place: PartsPlace, npm: string): Promise<string | undefined> {
  for (const file of codexManifests) copyFileSync(join(place.codex, file), join(dir, file));
  const args = [
    // `ci` takes what the lockfile names, each package by its checksum, and resolves nothing anew.
    ...["ci", "--prefix", dir, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
    // The program itself is an optional dependency, one for each platform.
    "--include=optional",
    // npm would wait for more than a minute before it says that there is no network.
    ...["--fetch-retries=2", "--fetch-retry-factor=2", "--fetch-retry-mintimeout=1000"],
  ];
  const installed = await runInstaller(npm, args);
  if (installed.code !== 0) return `npm cannot install @openai/codex: ${npmError(installed.output)}`;

  // Even to tell its version it looks into its home, and warns about a home that it cannot use: not the user's.
  using home = tempDir();
  const tried = await runInstaller(codexIn(dir), ["--version"], { CODEX_HOME: home.path });
  if (tried.code !== 0) return `@openai/codex is installed but does not run: ${lastError(tried.output)}`;
  return undefined;
}

/** npm begins with codes, then says what happened, then adds advice. */
function npmError(output: string): string {
  const said = output.split("\n").flatMap((line) => /^npm (?:error|ERR!) (.+)/.exec(line)?.[1] ?? []);
  return said.find((line) => !/^(code|syscall|errno) /.test(line)) ?? lastError(output);
}
