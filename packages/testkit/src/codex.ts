import { readFileSync } from "node:fs";
import { join } from "node:path";
import { codexIn, defaultPlace, partDir } from "./parts.ts";

/**
 * Path of the program `codex`. It needs a `node` on the PATH, as every program that npm installs.
 *
 * @throws Error with the reason when the part "codex" is missing (see `describeWith`).
 */
export function codexProgram(): string {
  return codexIn(partDir("codex"));
}

/** The version that the part "codex" is pinned to, such as "0.169.0". */
export function codexVersion(): string {
  const { dependencies } = JSON.parse(readFileSync(join(defaultPlace.codex, "package.json"), "utf8")) as {
    dependencies: { "@openai/codex": string };
  };
  return dependencies["@openai/codex"];
}
