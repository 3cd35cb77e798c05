import { sampleConversation, sampleRecord } from "../contract/sample-records.ts";
import { openStore } from "../index.ts";

/*
 * A process for the tests: it opens the database named by its argument and writes turns of 16 conversations
 * until it is killed. The id of a response is printed once its write was acknowledged.
 */

const store = openStore({
  path: process.argv[2] ?? "",
  // Small, so that it is killed in the middle of checkpoints too.
  walLimitBytes: 512 * 1024,
  checkpointIntervalMs: 5,
});
process.stdout.write("open\n");

async function writeTurns(): Promise<void> {
  const conversation = sampleConversation();
  await store.conversations.create("acme", conversation, []);
  let previous: string | undefined;
  for (let turn = 0; ; turn++) {
    const answer = `${turn} ${"x".repeat((turn * 997) % 9000)}`;
    const record = sampleRecord({ answer, conversation: conversation.id, ...(previous && { previous }) });
    if (turn % 2 === 0) {
      await store.responses.begin("acme", {
        ...record,
        response: { ...record.response, status: "in_progress" },
      });
    }
    await store.responses.finish("acme", record);
    // Writing to a pipe is synchronous: what was acknowledged was also printed, or is the last line.
    process.stdout.write(`${record.response.id}\n`);
    previous = record.response.id;
  }
}

await Promise.all(Array.from({ length: 16 }, writeTurns));
