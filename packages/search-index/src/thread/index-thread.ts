// The program of the index's threads. It is an entry point of its own: a thread starts from a file.
import { parentPort, workerData } from "node:worker_threads";
import { codeOf } from "../storage/errors.ts";
import type { ThreadMessage, ThreadRequest, ThreadSettings } from "../tasks.ts";
import { readerTasks } from "./reader-thread.ts";
import { writerTasks } from "./writer-thread.ts";

const port = parentPort;
if (port === null) throw new Error("This file is the program of a thread: it cannot be run by itself.");
const say = (message: ThreadMessage): void => port.postMessage(message);

const { role, file, first } = workerData as ThreadSettings;
const toPlain = (error: Error) => ({ message: error.message, code: codeOf(error) });
const { handlers, stop, close } =
  role === "writer"
    ? writerTasks({
        file,
        first,
        onProblem: (problem) => say({ problem: toPlain(problem) }),
        onRenewed: (reason) => say({ renewed: toPlain(reason) }),
      })
    : readerTasks(file);
const tasks = handlers as unknown as Record<string, (argument: unknown) => unknown>;

const running = new Set<Promise<void>>();

async function answer({ id, task, argument }: Extract<ThreadRequest, { id: number }>): Promise<void> {
  try {
    say({ id, result: await tasks[task]?.(argument) });
  } catch (error) {
    const { name, message } = error as Error;
    say({ id, error: { name, message, code: codeOf(error) } });
  }
}

port.on("message", async (request: ThreadRequest) => {
  if ("id" in request) {
    const answered = answer(request);
    running.add(answered);
    await answered;
    running.delete(answered);
    return;
  }
  await stop();
  await Promise.all(running);
  close();
  port.close();
});
