/**
 * The child process of the embedded embedder: it holds the model and its memory, and ends with the channel to the
 * process that started it. It is an entry of its own, started by {@link EmbedChild}.
 */
import type { FromChild, ToChild } from "./embed-messages.ts";
import { EmbedQueue } from "./embed-queue.ts";
import { openUseLite } from "./use-lite.ts";

process.once("disconnect", () => process.exit());

// What comes while the model is being loaded waits here.
const early: ToChild[] = [];
process.on("message", hold);

try {
  const queue = new EmbedQueue(await openUseLite(), {
    onStep: (id) => tell({ type: "working", id }),
    onVector: (id, index, vector) => tell({ type: "vector", id, index, vector }),
    onFailure: (id, error) => tell({ type: "failed", id, message: messageOf(error) }),
  });
  const take = (message: ToChild) => {
    if (message.type === "cancel") queue.cancel(message.id);
    else queue.add(message.id, message.texts, message.urgent);
  };
  process.off("message", hold);
  process.on("message", take);
  for (const message of early) take(message);
} catch (thrown) {
  tell({ type: "failed", message: messageOf(thrown) });
}

function hold(message: ToChild): void {
  early.push(message);
}

function tell(message: FromChild): void {
  // The channel closes when the gateway ends, which is then no reason to fail.
  if (process.connected) process.send?.(message);
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
