import { setTimeout as pause } from "node:timers/promises";
import type { GatewayUnderTest } from "../gateway-under-test.ts";
import { readLoopDelay } from "../loop-delay.ts";
import { memory } from "../process-cost.ts";
import { atMost, type Goal, renderNumber, type TopicReport } from "../report/topic-report.ts";
import { benchModels } from "../scripted-answers.ts";
import { median } from "../statistics.ts";
import type { TopicContext } from "./topic.ts";

/** What one gateway's memory did. All in MB but the slope (a share) and the delay (ms). */
interface MemoryCourse {
  idle: number | undefined;
  after: number | undefined;
  peak: number | undefined;
  slope: number | undefined;
  loopDelay: number | undefined;
  /** The load generator's at the same time, which has little to do: the machine's share in the delay. */
  generatorDelay: number;
  samples: number[];
}

/** Resident memory: idle, after many answers, and whether it still grows; and the loop's delay meanwhile. */
export async function measureMemory(context: TopicContext): Promise<TopicReport> {
  const { stage, gateway, say } = context;
  const answers = Math.round(20_000 * context.scale);
  const courses: [name: string, course: MemoryCourse, limit: number][] = [];
  if (gateway !== undefined) {
    say(`memory: ${answers} answers directly`);
    courses.push(["gateway", await follow(context, answers, false), 250]);
    if (gateway.throughEnvoy !== undefined) {
      say(`memory: ${answers} answers through Envoy`);
      courses.push(["gateway through Envoy", await follow(context, answers, true), 400]);
    }
  }
  const translator = memory(stage.translator.pid)?.now;
  const goals: Goal[] = courses.flatMap(([name, course, limit]) => [
    ...(name === "gateway" ? [atMost("idle", 130, course.idle, "MB")] : []),
    atMost(`${name}: after ${renderNumber(answers)} answers`, limit, course.after, "MB"),
    atMost(`${name}: growth from the second to the last quarter`, 5, percent(course.slope), "%"),
    atMost(`${name}: delay of the event loop, p99`, 20, course.loopDelay, "ms"),
  ]);
  return {
    title: "Memory",
    note: `Resident memory of a gateway started for this, in MB: idle, then ${renderNumber(answers)} answers from 32 clients. Growth compares the medians of the samples of the last and of the second quarter. The load generator's loop delay is what this machine does to a process with little to do. The translator's is what it holds after all loads of this run.`,
    columns: ["target", "idle", "after", "peak", "growth %", "loop delay p99 ms", "load generator's"],
    rows: [
      ...courses.map(([name, { idle, after, peak, slope, loopDelay, generatorDelay }]) => [
        name,
        renderNumber(idle),
        renderNumber(after),
        renderNumber(peak),
        renderNumber(percent(slope)),
        renderNumber(loopDelay),
        renderNumber(generatorDelay),
      ]),
      ["translator", undefined, renderNumber(translator)],
    ],
    goals,
    raw: Object.fromEntries(courses.map(([name, course]) => [name, course])),
  };
}

/** Starts a gateway, lets it rest, loads it while its memory is sampled, and ends it. */
async function follow({ stage }: TopicContext, answers: number, withEnvoy: boolean): Promise<MemoryCourse> {
  const gateway: GatewayUnderTest = await stage.startGateway({ withEnvoy });
  try {
    const { pid } = gateway.process;
    // Long enough for what a start leaves to be done afterwards.
    await pause(2000);
    const idle = memory(pid)?.now;
    // The gauge covers the time since its last reading: from here on, only the load.
    await readLoopDelay(gateway.process.http);
    const samples: number[] = [];
    const sampler = setInterval(() => {
      const now = memory(pid)?.now;
      if (now !== undefined) samples.push(now);
    }, 50);
    try {
      const { generatorDelay } = await stage.measure(gateway.throughEnvoy ?? gateway.direct, {
        model: benchModels.short,
        stream: false,
        clients: 32,
        requests: answers,
      });
      const end = memory(pid);
      const loopDelay = await readLoopDelay(gateway.process.http);
      const course = { idle, after: end?.now, peak: end?.peak, slope: growth(samples) };
      return { ...course, loopDelay, generatorDelay, samples };
    } finally {
      clearInterval(sampler);
    }
  } finally {
    await gateway.stop();
  }
}

/**
 * How much a series grew from its second quarter to its last, as a share (0.05 is 5 %), by the medians of both;
 * undefined when there are fewer than eight values.
 */
export function growth(samples: readonly number[]): number | undefined {
  const quarter = Math.floor(samples.length / 4);
  if (quarter < 2) return undefined;
  const second = median(samples.slice(quarter, 2 * quarter));
  const last = median(samples.slice(-quarter));
  return second === undefined || last === undefined ? undefined : last / second - 1;
}

function percent(share: number | undefined): number | undefined {
  return share === undefined ? undefined : share * 100;
}
