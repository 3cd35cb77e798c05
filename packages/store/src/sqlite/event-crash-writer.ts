import { sampleRecord } from "../contract/sample-records.ts";
import { openStore } from "../index.ts";
import { eventsFrom } from "./event-crash-sample.ts";

/*
 * A process for the tests: it opens the database named by its argument and logs the events of 16 responses at a time
 * until it is killed: so many that the journal is emptied again and again. The id of a response and the number of its
 * last event are printed once these were acknowledged. Every eighth response is deleted before its end, which is
 * printed before it is asked for, and again once it is done.
 */

const store = openStore({
  path: process.argv[2] ?? "",
  // Small, so that it is killed in the middle of checkpoints too.
  walLimitBytes: 512 * 1024,
  checkpointIntervalMs: 5,
});

let begun = 0;

async function answer(): Promise<void> {
  const isDeleted = begun++ % 8 === 7;
  const record = sampleRecord({ status: "in_progress", answer: null });
  const { id } = record.response;
  let next = 0;
  const take = (count: number, ends = false) => {
    const batch = eventsFrom(id, next, count, ends);
    next += count;
    return batch;
  };
  // Writing to a pipe is synchronous: what was acknowledged was also printed, or is the last line.
  const print = (last: number | string) => process.stdout.write(`${id} ${last}\n`);
  await store.responses.begin("acme", record, take(2), { payload: { for: id } });
  print(1);
  for (let turn = 0; turn < 40; turn++) {
    if (isDeleted && turn === 20) {
      print("deleting");
      await store.responses.delete("acme", id);
      print("deleted");
      return;
    }
    const written = [1, turn % 5].map(async (more) => {
      const last = next + more;
      const batch = take(1 + more);
      await store.responses.append("acme", id, batch);
      print(last);
    });
    await Promise.all(written);
  }
  await store.responses.finish("acme", sampleRecord({ id }), take(1, true));
  print(next - 1);
}

async function answerOn(): Promise<void> {
  for (;;) await answer();
}

await Promise.all(Array.from({ length: 16 }, answerOn));
