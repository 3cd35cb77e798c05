import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cleanEnv } from "./clean-env.ts";
import { repoRoot, testkitDir } from "./repo-paths.ts";
import { startChild } from "./running-child.ts";
import { type TempDir, tempDir } from "./temp-dir.ts";

interface Report {
  testResults: { assertionResults: { status: string; fullName: string; failureMessages: string[] }[] }[];
}

const needy = `
  import { expect, test } from "vitest";
  import { describeWith } from "./packages/testkit/src/describe-with.ts";
  describeWith(["envoy", "openai-python"], "through Envoy", () => {
    test("works", () => expect(1).toBe(1));
  });
  test("needs nothing", () => expect(1).toBe(1));`;

/** Runs vitest over a small repository of its own, which has no parts. */
async function runTests(
  dir: TempDir,
  env: Record<string, string>,
): Promise<{ code: number | null; tests: Record<string, string>; failures: string }> {
  mkdirSync(dir.join("packages"));
  cpSync(join(testkitDir, "src"), dir.join("packages", "testkit", "src"), {
    recursive: true,
    filter: (from) => !from.endsWith(".test.ts"),
  });
  for (const pins of ["requirements.txt", "codex"]) {
    cpSync(join(testkitDir, pins), dir.join("packages", "testkit", pins), { recursive: true });
  }
  // Only vitest is linked: the run keeps its cache in a node_modules folder of its own.
  mkdirSync(dir.join("node_modules"));
  symlinkSync(join(repoRoot, "node_modules", "vitest"), dir.join("node_modules", "vitest"));
  writeFileSync(dir.join("needy.test.ts"), needy);
  writeFileSync(dir.join("package.json"), '{ "type": "module" }');
  const vitest = join(repoRoot, "node_modules", "vitest", "vitest.mjs");
  const args = [
    vitest,
    "run",
    "--root",
    dir.path,
    "--reporter",
    "json",
    "--outputFile",
    dir.join("report.json"),
  ];
  const child = await startChild({
    command: process.execPath,
    args,
    env: cleanEnv(env),
    cwd: dir.path,
    input: "",
  });
  const { code } = await child.exited;
  const results = (JSON.parse(readFileSync(dir.join("report.json"), "utf8")) as Report).testResults.flatMap(
    ({ assertionResults }) => assertionResults,
  );
  return {
    code,
    tests: Object.fromEntries(results.map(({ fullName, status }) => [fullName, status])),
    failures: results.flatMap(({ failureMessages }) => failureMessages).join("\n"),
  };
}

describe("tests that need a part that is missing", () => {
  test("are left out with the reason in their title, and the others run", async () => {
    using dir = tempDir();
    const { code, tests } = await runTests(dir, { CI: "" });
    const why = "not installed yet; a run of vitest installs it";
    expect(tests).toEqual({
      [`through Envoy [left out: envoy: ${why}; openai-python: ${why}] works`]: "skipped",
      "needs nothing": "passed",
    });
    expect(code).toBe(0);
  });

  test("fail where CI is set", async () => {
    using dir = tempDir();
    const { code, tests, failures } = await runTests(dir, { CI: "true" });
    expect(tests).toEqual({ "through Envoy has the parts it needs": "failed", "needs nothing": "passed" });
    expect(failures).toContain("envoy: not installed yet");
    expect(code).toBe(1);
  });
});
