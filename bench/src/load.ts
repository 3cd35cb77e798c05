import { createInterface } from "node:readline";
import { type LoadJob, runLoad } from "./run-load.ts";

/**
 * The load generator, in a process of its own: it reads jobs as JSON lines from standard input, runs them one
 * after the other and writes each result as a JSON line. It ends with its input.
 */
process.stdout.write('{"ready":true}\n');
for await (const line of createInterface({ input: process.stdin })) {
  const result = await runLoad(JSON.parse(line) as LoadJob);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
