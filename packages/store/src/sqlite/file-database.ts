import { Checkpointer } from "./checkpointer.ts";
import type { Database } from "./database.ts";
import { fileIdentity, resolveDatabaseFile } from "./database-file.ts";
import { DiskRoom } from "./disk-room.ts";
import { GroupCommit } from "./group-commit.ts";
import { LogSync } from "./log-sync.ts";
import { MaintenanceThread } from "./maintenance-thread.ts";
import { openClient } from "./open-client.ts";
import { lockForWriting } from "./writer-lock.ts";

/** Settings of {@link openFileDatabase}; what they mean is written at `StoreOptions`. */
export interface FileDatabaseOptions {
  path: string;
  synchronous: "normal" | "full";
  walLimitBytes: number;
  checkpointIntervalMs: number;
  onProblem: (problem: Error) => void;
}

/**
 * Opens a database in a file, as its only writer, with checkpoints on another thread.
 *
 * @throws StoreError when it is in use or cannot be opened.
 */
export function openFileDatabase(options: FileDatabaseOptions): Database {
  const file = resolveDatabaseFile(options.path);
  const lock = lockForWriting(file);
  try {
    const client = openClient(file);
    const checkpointer = new Checkpointer(client, file, {
      limitBytes: options.walLimitBytes,
      stepBytes: options.walLimitBytes / 4,
      intervalMs: options.checkpointIntervalMs,
      onProblem: options.onProblem,
    });
    const log = options.synchronous === "full" ? new LogSync(file) : undefined;
    const room = new DiskRoom(file);
    const identity = fileIdentity(file);
    const isInPlace = () => fileIdentity(file) === identity;
    const writer = new GroupCommit(client, {
      hold: () => checkpointer.hold,
      ...(log && { sync: () => log.sync() }),
      onCommit: (bytes) => checkpointer.wrote(bytes),
      onFailure: (error) => room.noteFailure(error),
      // What is written to a file that has no name any more is lost when this process ends.
      refusal: () =>
        isInPlace() ? undefined : new Error("the database file was moved or removed while in use"),
    });
    return {
      client,
      writer,
      erased: () => checkpointer.erased(),
      isInPlace,
      hasRoom: () => room.hasRoom(),
      copyTo: (copy) => onThread(file, (thread) => thread.call("backup", copy)),
      integrity: () => onThread(file, (thread) => thread.call("integrity", null)),
      async close() {
        await checkpointer.stop();
        log?.close();
        client.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Runs a long task on a thread of its own, so that no checkpoint has to wait for it. */
async function onThread<T>(file: string, task: (thread: MaintenanceThread) => Promise<T>): Promise<T> {
  const thread = new MaintenanceThread(file);
  try {
    return await task(thread);
  } finally {
    await thread.close();
  }
}
