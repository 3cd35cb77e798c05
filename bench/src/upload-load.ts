import { createInterface } from "node:readline";
import { runUpload, type UploadJob } from "./run-upload.ts";

/**
 * Uploads files, in a process of its own: it reads jobs as JSON lines from standard input, runs them one after the
 * other and writes each result as a JSON line. It ends with its input.
 */
process.stdout.write('{"ready":true}\n');
for await (const line of createInterface({ input: process.stdin })) {
  const result = await runUpload(JSON.parse(line) as UploadJob);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
