import { join } from "node:path";
import { cleanEnv, gatewayFromSource, startChild, tempDir } from "@gateway/testkit";
import { cpuTime } from "../process-cost.ts";
import { atMost, renderNumber, type TopicReport } from "../report/topic-report.ts";
import { benchModels } from "../scripted-answers.ts";
import { median } from "../statistics.ts";
import type { TopicContext } from "./topic.ts";

interface Start {
  name: string;
  /** Arguments of Node. */
  args: string[];
  env: Record<string, string>;
  model: string;
  /** The address in what the process has written so far; undefined while it is not there. */
  origin: (output: string) => string | undefined;
}

/** From the start of the process to its first answer. */
export async function measureStart(context: TopicContext): Promise<TopicReport> {
  const { stage, gateway, say } = context;
  const entry = context.entry ?? gatewayFromSource;
  const serve = [entry, "serve", "--http-listen", "127.0.0.1:0", "--extproc-listen", "127.0.0.1:0"];
  const backendUrl = `${stage.backendOrigin}/v1`;
  const starts: Start[] = [
    {
      name: "translator",
      args: [join(import.meta.dirname, "../translator.ts")],
      env: { BACKEND_URL: stage.backendOrigin },
      model: benchModels.short,
      origin: (output) => /"port":(\d+)/.exec(output)?.[1]?.replace(/^/, "http://127.0.0.1:"),
    },
  ];
  if (gateway !== undefined) {
    const env = { OPENAI_BASE_URL: backendUrl, OPENAI_API_KEY: "none" };
    starts.push(
      { name: "gateway, built-in model", args: serve, env: {}, model: "demo", origin: listening },
      { name: "gateway, OPENAI_BASE_URL", args: serve, env, model: benchModels.short, origin: listening },
    );
  }
  const count = Math.max(3, Math.round(5 * context.scale));
  say(`start: ${starts.map(({ name }) => name).join(", ")}, ${count} times each`);
  const times = new Map<string, StartTime[]>(starts.map(({ name }) => [name, []]));
  for (let i = 0; i < count; i += 1) {
    for (const start of starts) times.get(start.name)?.push(await timeStart(start));
  }
  const middle = (name: string, value: keyof StartTime): number | undefined =>
    median(times.get(name)?.flatMap((time) => time[value] ?? []) ?? []);
  return {
    title: "Start",
    note: "From the start of the process, with an empty data directory, to its first answer to POST /v1/responses; in ms.",
    columns: ["target", "listening", "first answer", "CPU until then"],
    rows: starts.map(({ name }) => [
      name,
      renderNumber(middle(name, "listening")),
      renderNumber(middle(name, "answered")),
      renderNumber(middle(name, "cpu")),
    ]),
    goals: [
      atMost("first answer, built-in model", 700, middle("gateway, built-in model", "answered"), "ms"),
      atMost("first answer, OPENAI_BASE_URL", 700, middle("gateway, OPENAI_BASE_URL", "answered"), "ms"),
    ],
    raw: Object.fromEntries(times),
  };
}

/** The gateway's address, from the log line that it writes once both listeners accept. */
function listening(output: string): string | undefined {
  const line = output.split("\n").find((text) => text.includes('"msg":"listening"'));
  const address = /"http":"([^"]+)"/.exec(line ?? "")?.[1];
  return address && `http://${address}`;
}

interface StartTime {
  listening: number;
  answered: number;
  /** CPU time used until the first answer: what the start costs on a machine that has other things to do. */
  cpu: number | undefined;
}

/** Milliseconds after which a start counts as failed. */
const startLimit = 20_000;

async function timeStart({ name, args, env, model, origin }: Start): Promise<StartTime> {
  using dir = tempDir("gateway-bench-");
  const signal = AbortSignal.timeout(startLimit);
  const begin = performance.now();
  const child = await startChild({ command: process.execPath, args, env: cleanEnv(env), cwd: dir.path });
  try {
    const address = await new Promise<string>((resolve, reject) => {
      child.process.stdout?.on("data", () => {
        const found = origin(child.stdout());
        if (found !== undefined) resolve(found);
      });
      const fail = (how: string): void => reject(new Error(`${name} ${how}:\n${child.output()}`));
      void child.exited.then(() => fail("ended at its start"));
      signal.addEventListener("abort", () => fail("does not say where it listens"), { once: true });
    });
    const listening = performance.now() - begin;
    const response = await fetch(`${address}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model, input: "Hello." }),
      signal,
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${name}: status ${response.status}: ${text.slice(0, 300)}`);
    return { listening, answered: performance.now() - begin, cpu: cpuTime(child.pid) };
  } finally {
    await child.end();
  }
}
