import type { BenchArguments } from "../arguments.ts";
import { renderTable } from "../report/render-markdown.ts";
import { renderNumber } from "../report/topic-report.ts";
import { benchModels } from "../scripted-answers.ts";
import type { Stage } from "../stage.ts";
import type { Ask, Target } from "../target.ts";
import { connectInspector, type Inspector } from "./inspector.ts";
import {
  type Breakdown,
  breakDownCpu,
  breakDownHeap,
  type CpuProfile,
  type HeapProfile,
  type Share,
} from "./read-profile.ts";

/** A load under which the gateway is looked into. */
interface Scene {
  title: string;
  /** The topic of the same load. */
  topic: string;
  ask: Ask;
  /** What a cost is divided by. */
  unit: "answer" | "token";
  tokens: number;
}

const { short, burst, paced } = benchModels;
const scenes: Scene[] = [
  {
    title: "answers in one piece, 32 clients",
    topic: "answers",
    ask: { model: short, stream: false, clients: 32, requests: 8000 },
    unit: "answer",
    tokens: 1,
  },
  {
    title: "32 streams, tokens at once",
    topic: "burst",
    ask: { model: burst, stream: true, clients: 32, requests: 1600 },
    unit: "token",
    tokens: 200,
  },
  {
    title: "64 streams, tokens at a pace",
    topic: "paced",
    ask: { model: paced, stream: true, clients: 64, requests: 128 },
    unit: "token",
    tokens: 200,
  },
];

/**
 * Prints where the gateway's CPU time and its allocations go under each load, by module and by function (self
 * cost only) and by the file that asked for it. The profiler runs only while the load does, after a warm-up, so that the start is not in it.
 */
export async function profileGateway(
  stage: Stage,
  { only, scale }: BenchArguments,
  say: (line: string) => void,
): Promise<void> {
  const gateway = await stage.startGateway({ nodeArgs: ["--inspect=127.0.0.1:0"] });
  const output = gateway.process
    .logs()
    .map(({ msg }) => msg)
    .join("\n");
  const inspector = await connectInspector(output);
  try {
    for (const scene of scenes.filter(({ topic }) => only.includes(topic))) {
      for (const target of [gateway.direct, gateway.throughEnvoy]) {
        if (target === undefined) continue;
        say(`profile: ${target.name}, ${scene.title}`);
        const requests = Math.max(64, Math.round((scene.ask.requests ?? 0) * scale));
        await profileScene(stage, target, { ...scene, ask: { ...scene.ask, requests } }, inspector);
      }
    }
  } finally {
    inspector.close();
  }
}

async function profileScene(stage: Stage, target: Target, scene: Scene, inspector: Inspector): Promise<void> {
  const load = (): Promise<unknown> => stage.measure(target, scene.ask);
  await load();
  await inspector.call("Profiler.enable");
  await inspector.call("Profiler.setSamplingInterval", { interval: 250 });
  await inspector.call("Profiler.start");
  await load();
  const { profile } = await inspector.call<{ profile: CpuProfile }>("Profiler.stop");

  await inspector.call("HeapProfiler.enable");
  await inspector.call("HeapProfiler.startSampling", {
    samplingInterval: 8192,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  await load();
  const heap = await inspector.call<{ profile: HeapProfile }>("HeapProfiler.stopSampling");

  const count = (scene.ask.requests ?? 1) * scene.tokens;
  console.log(`## ${target.name}: ${scene.title}\n`);
  console.log(
    render("CPU", `µs a${scene.unit === "answer" ? "n" : ""} ${scene.unit}`, breakDownCpu(profile), count),
  );
  console.log(
    render(
      "allocated",
      `bytes a${scene.unit === "answer" ? "n" : ""} ${scene.unit}`,
      breakDownHeap(heap.profile),
      count,
    ),
  );
}

function render(
  what: string,
  unit: string,
  { total, functions, modules, files }: Breakdown,
  count: number,
): string {
  const table = (kind: string, shares: Share[]): string =>
    renderTable(
      [`${what}: ${kind}`, unit, "%"],
      shares.map(({ name, own }) => [name, renderNumber(own / count), renderNumber((own / total) * 100)]),
    );
  const sum: Share = { name: "all", own: total };
  return [
    table("by module", [sum, ...modules.slice(0, 15)]),
    table("by function", functions.slice(0, 25)),
    table("on behalf of", files.slice(0, 25)),
    "",
  ].join("\n\n");
}
