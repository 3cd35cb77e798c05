import { randomUUID } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ReaderTasks } from "../tasks.ts";
import { IndexWorker } from "./index-worker.ts";
import { ReaderPool } from "./reader-pool.ts";

/** Two readers that say which task they have begun and answer it with its argument when they are told to. */
function openHeld() {
  const name = randomUUID();
  const program = new URL(
    `data:text/javascript,${encodeURIComponent(`
      import { parentPort } from "node:worker_threads";
      const gate = new BroadcastChannel(${JSON.stringify(name)});
      gate.unref();
      const held = new Map();
      let closing = false;
      const closeWhenDone = () => {
        if (closing && held.size === 0) parentPort.close();
      };
      gate.onmessage = ({ data }) => {
        if (!held.has(data.end)) return;
        parentPort.postMessage({ id: held.get(data.end), result: data.end });
        held.delete(data.end);
        closeWhenDone();
      };
      parentPort.on("message", ({ id, task, argument }) => {
        if (task === "close") {
          closing = true;
          return closeWhenDone();
        }
        held.set(argument, id);
        gate.postMessage({ begun: argument });
      });
    `)}`,
  );
  const gate = new BroadcastChannel(name);
  const begun: number[] = [];
  const waiting = new Map<number, () => void>();
  gate.onmessage = (event) => {
    const { begun: document } = (event as { data: { begun: number } }).data;
    begun.push(document);
    waiting.get(document)?.();
  };
  const readers = [1, 2].map(
    () =>
      new IndexWorker<ReaderTasks>(
        { role: "reader", file: "" },
        { idleMs: 60_000, onProblem: () => {}, program },
      ),
  );
  const pool = new ReaderPool(readers);
  onTestFinished(async () => {
    await pool.closed();
    gate.close();
  });
  return {
    pool,
    readers,
    begun,
    read: (document: number, signal?: AbortSignal) => pool.call("text", document, signal),
    whenBegun: (document: number) =>
      new Promise<void>((resolve) => {
        if (begun.includes(document)) resolve();
        else waiting.set(document, resolve);
      }),
    end: (document: number) => gate.postMessage({ end: document }),
  };
}

describe("readers", () => {
  test("have one task each, and begin what waits in its order", async () => {
    const { read, begun, whenBegun, end, readers } = openHeld();
    const tasks = [1, 2, 3, 4].map((document) => read(document));
    await Promise.all([whenBegun(1), whenBegun(2)]);
    expect(readers.map(({ pending }) => pending)).toEqual([1, 1]);
    end(2);
    expect(await tasks[1]).toBe(2);
    await whenBegun(3);
    end(1);
    await whenBegun(4);
    expect(begun.slice(2)).toEqual([3, 4]);
    end(3);
    end(4);
    expect(await Promise.all(tasks)).toEqual([1, 2, 3, 4]);
  });

  test("do not begin what nobody waits for any more", async () => {
    const { read, begun, whenBegun, end } = openHeld();
    const caller = new AbortController();
    const gone = new Error("the caller has left");
    const first = [read(1), read(2, caller.signal)];
    const left = read(3, caller.signal);
    const last = read(4);
    await Promise.all([whenBegun(1), whenBegun(2)]);
    caller.abort(gone);
    await expect(left).rejects.toBe(gone);
    await expect(read(5, caller.signal)).rejects.toBe(gone);
    end(1);
    await whenBegun(4);
    end(2);
    end(4);
    // What has begun comes to its end.
    expect(await Promise.all([...first, last])).toEqual([1, 2, 4]);
    expect(begun.sort()).toEqual([1, 2, 4]);
  });

  test("that are closed begin nothing before they may, and then all that has come meanwhile", async () => {
    const { pool, read, begun, whenBegun, end, readers } = openHeld();
    const task = read(1);
    await whenBegun(1);
    const between = Promise.withResolvers<void>();
    const closed = pool.closed(() => {
      expect(readers.map(({ alive }) => alive)).toEqual([false, false]);
      return between.promise;
    });
    const later = read(2);
    end(1);
    await task;
    between.resolve();
    await closed;
    await whenBegun(2);
    end(2);
    expect(await later).toBe(2);
    expect(begun).toEqual([1, 2]);
  });
});
