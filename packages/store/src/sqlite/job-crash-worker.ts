import { appendFileSync } from "node:fs";
import { openStore } from "../index.ts";

/*
 * A process for the tests: it opens the database named by its first argument and does jobs until it is killed. It
 * writes `took SUBJECT` before a job is done, and `did SUBJECT` before it is finished, to the file named by its second
 * argument: what was written to a file survives, what is on its way through a pipe may not.
 */

const [, , path = "", log = ""] = process.argv;
const store = openStore({ path, checkpointIntervalMs: 5 });
await store.jobs.releaseAll();

async function work(): Promise<void> {
  for (;;) {
    for (const job of await store.jobs.claim("work", 2, Date.now())) {
      appendFileSync(log, `took ${job.subject}\n`);
      await store.check();
      appendFileSync(log, `did ${job.subject}\n`);
      await store.jobs.finish(job.id);
    }
    // Lets the event loop have a turn when there was nothing to do.
    await store.check();
  }
}

await Promise.all([work(), work(), work()]);
