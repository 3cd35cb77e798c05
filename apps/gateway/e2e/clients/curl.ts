import { spawnSync } from "node:child_process";
import { cleanEnv, type RunningChild, startChild } from "@gateway/testkit";
import { describe, test } from "vitest";

/** One answer as curl saw it. */
export interface CurlAnswer {
  status: number;
  /** By lower-case name. */
  headers: Record<string, string>;
  /** "1", "1.1" or "2". */
  version: string;
  /** Number of connections that had to be opened for it. */
  connects: number;
}

/** A run of curl that has ended. */
export interface CurlRun {
  /** Exit code; 0 is success. */
  code: number | null;
  /** The bodies of all answers. */
  body: string;
  /** One for each URL, in order. */
  answers: CurlAnswer[];
  /** What `-v` prints. */
  trace: string;
}

/** Starts curl, not to wait for its end: what has come is in `stdout()`. No file of settings is read. */
export function startCurl(...args: string[]): Promise<RunningChild> {
  const facts = "%{stderr}\n%{json}\n";
  return startChild({
    command: "curl",
    args: ["--disable", "--silent", "--show-error", "--verbose", "--write-out", facts, ...args],
    env: cleanEnv(),
    input: "",
  });
}

/** Runs curl to its end. A failed transfer is a result, not an error: look at `code`. */
export async function runCurl(...args: string[]): Promise<CurlRun> {
  const child = await startCurl(...args);
  const { code } = await child.exited;
  const trace = child.stderr().replaceAll("\r", "");
  const heads = [...trace.matchAll(/^< HTTP\/[\d.]+ (\d+).*\n((?:< .*\n)*)/gm)]
    .filter(([, status]) => status !== "100")
    .map(([, , lines = ""]) => parseHeaders(lines));
  const facts = [...trace.matchAll(/^\{.*\}$/gm)].map(([line]) => JSON.parse(line));
  const answers = facts.map(({ http_code, http_version, num_connects }, n) => ({
    status: Number(http_code),
    headers: heads[n] ?? {},
    version: String(http_version),
    connects: Number(num_connects),
  }));
  return { code, body: child.stdout(), answers, trace };
}

function parseHeaders(lines: string): Record<string, string> {
  const fields = lines.matchAll(/^< ([^:]+): ?(.*)$/gm);
  return Object.fromEntries([...fields].map(([, name = "", value = ""]) => [name.toLowerCase(), value]));
}

/** `describe` for tests that run curl; left out, with the reason in the title, where there is none. With `CI` set they fail. */
export function describeWithCurl(title: string, body: () => void): void {
  const missing = spawnSync("curl", ["--version"]).error !== undefined;
  if (!missing) {
    describe(title, body);
  } else if (process.env.CI) {
    test(`${title}: curl is installed`, () => {
      throw new Error("There is no curl on the PATH.");
    });
  } else {
    describe.skip(`${title} [left out: there is no curl on the PATH]`, body);
  }
}
