import { openPythonSandbox } from "@gateway/sandbox";
import { memory } from "../process-cost.ts";
import { atMost, renderNumber, type TopicReport } from "../report/topic-report.ts";
import { median } from "../statistics.ts";
import type { TopicContext } from "./topic.ts";

/** Answers of new containers that find a process ready, and of such that find none. */
const warmCount = 3;
const nextCount = 20;

const task = { code: "sum(range(1000))", files: [] };

interface Found {
  cold: number[];
  warm: number[];
  next: number[];
  resident: number[];
}

/** How long code of a new container takes, with and without a process that is kept ready, and of one that has run before. */
export async function measureSandbox({ rounds, say }: TopicContext): Promise<TopicReport> {
  say(`sandbox: ${rounds} round${rounds === 1 ? "" : "s"}`);
  const found: Found = { cold: [], warm: [], next: [], resident: [] };
  for (let round = 0; round < rounds; round++) {
    await measureCold(found);
    await measureWarm(found);
  }
  const row = (name: string, times: readonly number[]) => [
    name,
    renderNumber(median(times)),
    renderNumber(times.length === 0 ? undefined : Math.max(...times)),
  ];
  return {
    title: "Code",
    note: `From the call to the result of one line of Python, in ms. MB: what a process that has run it has resident.`,
    columns: ["container", "middle", "longest", "MB"],
    rows: [
      [...row("new, no process ready", found.cold), renderNumber(median(found.resident))],
      [...row("new, a process ready", found.warm), undefined],
      [...row("used before", found.next), undefined],
    ],
    goals: [
      atMost("first result, no process ready", 4000, median(found.cold), "ms"),
      atMost("first result, a process ready", 50, median(found.warm), "ms"),
    ],
    raw: found,
  };
}

async function measureCold(found: Found): Promise<void> {
  const sandbox = openPythonSandbox({ prewarm: 0 });
  const { signal } = new AbortController();
  const run = () => sandbox.run("cold", task, signal);
  try {
    found.cold.push(await timed(run));
    for (const pid of sandbox.pids) found.resident.push(memory(pid)?.now ?? Number.NaN);
    for (let count = 0; count < nextCount; count++) found.next.push(await timed(run));
  } finally {
    await sandbox.close();
  }
}

async function measureWarm(found: Found): Promise<void> {
  const sandbox = openPythonSandbox({ prewarm: 1, maxContainers: warmCount });
  const { signal } = new AbortController();
  try {
    for (let count = 0; count < warmCount; count++) {
      // All that is to be ready is, so that no start takes time from the run.
      await sandbox.warmUp();
      found.warm.push(await timed(() => sandbox.run(`warm ${count}`, task, signal)));
    }
  } finally {
    await sandbox.close();
  }
}

async function timed(run: () => Promise<{ logs: string }>): Promise<number> {
  const begin = performance.now();
  const { logs } = await run();
  if (logs !== "499500\n") throw new Error(`the code has given ${logs}`);
  return performance.now() - begin;
}
