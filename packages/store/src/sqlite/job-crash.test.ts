import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cleanEnv, startChild, tempDir, waitFor } from "@gateway/testkit";
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "./open-store.ts";

const dir = tempDir();

/** The subjects that workers have noted in full after this word. */
function noted(log: string, word: "took" | "did"): Set<string> {
  const lines = readFileSync(log, "utf8").split("\n").slice(0, -1);
  return new Set(lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.split(" ")[1] ?? ""));
}

/** Lets another process do so many jobs more, then kills it. */
async function workUntilKilled(path: string, log: string, atLeast: number): Promise<void> {
  const program = fileURLToPath(new URL("./job-crash-worker.ts", import.meta.url));
  const before = noted(log, "did").size;
  const child = await startChild({ command: process.execPath, args: [program, path, log], env: cleanEnv() });
  onTestFinished(async () => void (await child.end("SIGKILL")));
  await waitFor(() => noted(log, "did").size >= before + atLeast, { what: `${atLeast} jobs to be done` });
  await child.end("SIGKILL");
}

test("jobs of a process that was killed are done by the next: each at least once, none lost", async () => {
  const path = dir.join("jobs.db");
  const log = dir.join("jobs.log");
  writeFileSync(log, "");
  const subjects = Array.from({ length: 5000 }, (_, n) => String(n));
  const first = openStore({ path });
  await first.jobs.enqueue(
    subjects.map((subject) => ({ kind: "work", tenant: `t${Number(subject) % 7}`, subject })),
  );
  await first.close();

  for (let round = 0; round < 2; round++) await workUntilKilled(path, log, 60);
  const [taken, done] = [noted(log, "took"), noted(log, "did")];

  const last = openStore({ path });
  onTestFinished(() => last.close());
  // Three workers had two jobs each at most.
  expect(await last.jobs.releaseAll()).toBeLessThanOrEqual(6);
  const left = await last.jobs.claim("work", 6000, 0);
  const leftSubjects = new Set(left.map(({ subject }) => subject));
  expect(left).toHaveLength(leftSubjects.size);
  expect(subjects.filter((subject) => !done.has(subject) && !leftSubjects.has(subject))).toEqual([]);
  for (const { subject, attempt } of left) if (taken.has(subject)) expect(attempt).toBeGreaterThan(1);
});
