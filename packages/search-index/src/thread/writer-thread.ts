import type { Database } from "better-sqlite3";
import { codeOf, SearchIndexError } from "../storage/errors.ts";
import { immediate } from "../storage/immediate.ts";
import { openWriter, removeDatabase } from "../storage/open-database.ts";
import { openRemoval, type Removal } from "../storage/removal.ts";
import { Sweeper } from "../storage/sweeper.ts";
import { openWriterTasks, type Writer } from "../storage/writer.ts";
import type { TaskHandlers, WriterTasks } from "../tasks.ts";

/** What belongs to an open file. */
interface OpenIndex {
  client: Database;
  writer: Writer;
  removal: Removal;
  sweeper: Sweeper;
}

/** The tasks of a thread, and how it ends. */
export interface ThreadTasks<T> {
  handlers: TaskHandlers<T>;
  /** Makes tasks that take long end early. */
  stop(): Promise<void>;
  /** Closes the file. */
  close(): void;
}

/** What {@link writerTasks} works with. */
export interface WriterThreadOptions {
  file: string;
  /** Whether this is the process's first writing thread: what no process will finish any more is removed then. */
  first: boolean;
  /** Told when the clean-up fails. */
  onProblem(problem: Error): void;
  /** Told when the file was thrown away and begun anew, and why. */
  onRenewed(reason: Error): void;
}

/** The writing thread's tasks over a file, which the first of them opens. */
export function writerTasks({
  file,
  first,
  onProblem,
  onRenewed,
}: WriterThreadOptions): ThreadTasks<WriterTasks> {
  let open: OpenIndex | undefined;

  const index = (): OpenIndex => {
    if (open !== undefined) return open;
    const client = openWriter(file, (reason) => onRenewed(discarded(file, reason)));
    try {
      const removal = openRemoval(client);
      const sweeper = new Sweeper(removal, () => client.pragma("wal_checkpoint(TRUNCATE)"));
      const writer = openWriterTasks(client, removal.detach);
      if (first) removal.detachUnsealed();
      open = { client, writer, removal, sweeper };
    } catch (error) {
      client.close();
      throw error;
    }
    sweepLater(open);
    return open;
  };

  /** Nobody waits for this sweep. */
  const sweepLater = ({ sweeper }: OpenIndex): void => {
    sweeper.sweep().catch((cause: Error) => {
      onProblem(
        new SearchIndexError(
          `What was removed from the search index ${file} is still in the file: ${cause.message}. It is tried again ` +
            "with the next removal and at the next start.",
          { code: codeOf(cause) },
        ),
      );
    });
  };

  const stop = async (): Promise<void> => open?.sweeper.stop();
  const close = (): void => {
    open?.client.close();
    open = undefined;
  };

  const handlers: TaskHandlers<WriterTasks> = {
    open: () => {
      index();
    },
    async renew(reason) {
      await stop();
      close();
      removeDatabase(file);
      onRenewed(discarded(file, reason));
      index();
    },
    begin(document) {
      index().writer.begin(document);
      sweepLater(index());
    },
    append(argument) {
      index().writer.append(argument);
    },
    seal: (document) => index().writer.seal(document),
    async remove(documents) {
      const { client, removal, sweeper } = index();
      immediate(client, () => removal.detach(documents))();
      await sweeper.sweep();
    },
    async removeStore(store) {
      const { removal, sweeper } = index();
      const last = removal.lastKey(store);
      if (last === undefined) return;
      while (!sweeper.stopped && removal.detachSome(store, last)) await sweeper.sweep();
    },
    setAttributes({ document, attributes }) {
      index().writer.setAttributes(document, attributes);
    },
    replaceVectors: (argument) => index().writer.replaceVectors(argument),
  };
  return { handlers, stop, close };
}

function discarded(file: string, reason: string): Error {
  return new Error(
    `The search index ${file} was thrown away and begun anew: ${reason}. What it held is made again from the files.`,
  );
}
