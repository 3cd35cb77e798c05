import { tempDir, waitFor } from "@gateway/testkit";
import { describe, expect, test } from "vitest";
import type { WriterTasks } from "../tasks.ts";
import { IndexWorker } from "./index-worker.ts";

/** The program of a thread that answers `open`, and crashes by `seal`. */
const crashing = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from "node:worker_threads";
    parentPort.on("message", ({ id, task }) => {
      if (task === "close") parentPort.close();
      else if (task === "open") parentPort.postMessage({ id, result: null });
      else if (task === "seal") throw new Error("out of order");
      else if (task === "remove") process.exit(3);
    });
  `)}`,
);

function startCrashing(idleMs = 60_000): IndexWorker<WriterTasks> {
  return new IndexWorker({ role: "writer", file: "" }, { idleMs, onProblem: () => {}, program: crashing });
}

describe("a thread of the index", () => {
  test("rejects all its calls when it crashes, and starts anew with the next", async () => {
    const thread = startCrashing();
    await thread.call("open", null);
    const calls = [thread.call("seal", 1), thread.call("removeStore", 1)];
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({
        status: "rejected",
        reason: {
          name: "SearchIndexError",
          message: "A thread of the search index has failed; it is started anew.",
          cause: { message: "out of order" },
        },
      });
    }
    expect(thread.pending).toBe(0);
    await thread.call("open", null);
    await thread.close();
  });

  test("rejects its calls when it ends without a word", async () => {
    const thread = startCrashing();
    await expect(thread.call("remove", [1])).rejects.toMatchObject({ cause: { message: "it has ended" } });
    await thread.close();
  });

  test("rejects what cannot be sent to it, and goes on", async () => {
    const thread = startCrashing();
    await expect(thread.call("seal", (() => {}) as never)).rejects.toThrow(/could not be asked/);
    await thread.call("open", null);
    await thread.close();
  });

  test("does its calls in their order, and the last ones before it closes", async () => {
    using folder = tempDir();
    const problems: Error[] = [];
    const thread = new IndexWorker<WriterTasks>(
      { role: "writer", file: folder.join("index.db") },
      { idleMs: 60_000, onProblem: (problem) => void problems.push(problem) },
    );
    const begun = thread.call("begin", { document: 1, store: 1, attributes: {}, model: "m" });
    const sealed = thread.call("seal", 1);
    await thread.close();
    await begun;
    expect(await sealed).toBe(0);
    expect(problems).toEqual([]);
  });

  test("ends when it has had nothing to do for a while, and starts anew with the next call", async () => {
    const thread = startCrashing(1);
    expect(thread.alive).toBe(false);
    for (let time = 0; time < 3; time++) {
      await thread.call("open", null);
      await waitFor(() => !thread.alive, { what: "the thread to end", everyMs: 1 });
    }
    await thread.close();
  });

  test("has each call answered, whether it comes before, while or after the thread ends", async () => {
    const thread = startCrashing(1);
    for (let time = 0; time < 60; time++) {
      await Promise.all([thread.call("open", null), thread.call("open", null)]);
      await new Promise((resolve) => setTimeout(resolve, time % 4));
    }
    const last = thread.call("open", null);
    await thread.close();
    await last;
    expect(thread.alive).toBe(false);
  });

  test("leaves what is half written to the process that writes it, when it ends in between", async () => {
    using folder = tempDir();
    const settings = { role: "writer", file: folder.join("index.db") } as const;
    const open = () => new IndexWorker<WriterTasks>(settings, { idleMs: 1, onProblem: () => {} });
    const thread = open();
    await thread.call("begin", { document: 1, store: 1, attributes: {}, model: "m" });
    await waitFor(() => !thread.alive, { what: "the thread to end", everyMs: 1 });
    expect(await thread.call("seal", 1)).toBe(0);
    await thread.call("begin", { document: 2, store: 1, attributes: {}, model: "m" });
    await thread.close();
    const next = open();
    await next.call("open", null);
    await expect(next.call("seal", 2)).rejects.toThrow(/has not begun/);
    await next.close();
  });
});
