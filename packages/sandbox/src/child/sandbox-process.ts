// The program of a process that runs strangers' Python code, in WebAssembly, for one container. It takes frames from
// standard input and answers on standard output; between runs it waits for the next frame without doing anything else,
// so nothing that code has left behind goes on, and ends when the gateway's end is closed.
//
//   node … sandbox-process.js PYODIDE_DIRECTORY MEMORY_BYTES
import { readSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { WatchedFiles } from "./changed-files.ts";
import { driver, driverNamespace } from "./driver.ts";
import { encodeFrame, type Frame, prefixBytes, readPrefix } from "./frames.ts";
import { handOver } from "./hand-over.ts";
import type { FromSandbox, RunEnd, ToSandbox } from "./messages.ts";
import { RunLog } from "./run-log.ts";
import { boundMemory, cutNetwork, hideStreams, narrowBindings, sealProcess } from "./seal-process.ts";
import { StandardStreams, type StreamHost } from "./standard-streams.ts";
import { WorkingDirectory, type WritableFiles } from "./working-directory.ts";

/** Where the container's files are, and the code's working directory. */
const root = "/mnt/data";
/** A run whose time is over and that goes on is interrupted again. */
const interruptEveryMs = 200;
const sigint = 2;
/** Time that code has to end once it was cancelled; then it is cancelled again. */
const settleMs = 1000;
/** Time in which a turn of the loop of events has come to code, where it does; the loop must not be interrupted. */
const dispatchMs = 20;

/** The part of Pyodide's interface that is used. */
interface Python extends StreamHost {
  FS: WritableFiles & StreamHost["FS"];
  runPython(code: string, options?: { globals: unknown }): unknown;
  setInterruptBuffer(buffer: object): void;
  unregisterJsModule(name: string): void;
}

/** See {@link driver}. */
interface Notebook {
  run(code: string): Promise<RunEnd>;
  cancel(): void;
  warm_up(): Promise<void>;
}

/** The process, which nothing leads to any more once it is sealed. */
const self = process as unknown as { reallyExit(code: number): never; readonly ppid: number };
const leave = self.reallyExit.bind(process);
const gateway = self.ppid;

function say(message: FromSandbox, body?: Uint8Array): void {
  for (const part of encodeFrame(message, body)) {
    for (let at = 0; at < part.length; ) at += writeSync(1, part, at);
  }
}

/** Waits for bytes; the process ends where no more will come. */
function receive(bytes: number): Uint8Array {
  const received = new Uint8Array(bytes);
  for (let at = 0; at < bytes; ) {
    const read = readSync(0, received, at, bytes - at, null);
    if (read === 0) leave(0);
    at += read;
  }
  return received;
}

function receiveFrame(): Frame {
  const { head, body } = readPrefix(receive(prefixBytes));
  return { head: JSON.parse(new TextDecoder().decode(receive(head))), body: receive(body) };
}

async function openPython(directory: string): Promise<Python> {
  const { loadPyodide } = (await import(pathToFileURL(`${directory}/pyodide.mjs`).href)) as {
    loadPyodide(options: object): Promise<Python>;
  };
  return await loadPyodide({
    indexURL: directory,
    // Nothing of JavaScript is given to Python.
    jsglobals: Object.create(null),
    env: { _: "python", HOME: root, TZ: "UTC", PYTHONDONTWRITEBYTECODE: "1" },
  });
}

const [, , directory = "", memoryBytes = ""] = process.argv;
process.on("uncaughtException", () => {
  // The interpreter itself has failed: its stack was used up, its memory is in disorder.
  log?.end();
  leave(70);
});
let log: RunLog | undefined;
let deadline = Number.POSITIVE_INFINITY;
let nextLook = 0;
const clock = performance.now.bind(performance);

cutNetwork();
hideStreams();
narrowBindings();
boundMemory(Number(memoryBytes));
shieldLoop();
const python = await openPython(directory);
const place = new WorkingDirectory(python.FS, root);
place.restore();
python.FS.chdir(root);
const streams = new StandardStreams(python, (stream, bytes) => log?.write(stream, bytes));
for (const module of ["js", "pyodide_js"]) python.unregisterJsModule(module);
const notebook = python.runPython(driver, { globals: python.runPython(driverNamespace) }) as Notebook;
const files = new WatchedFiles(python.FS, root);
const [every, stopEvery] = [setInterval, clearInterval];
const [startTimer, stopTimer] = [setTimeout, clearTimeout];

/** Python looks at its first byte now and then while it runs: the one thing that happens while code loops. */
python.setInterruptBuffer({
  get 0() {
    const now = clock();
    if (now < nextLook) return 0;
    nextLook = now + interruptEveryMs;
    endWithGateway();
    return now > deadline ? sigint : 0;
  },
  set 0(_: number) {},
});
sealProcess();
await notebook.warm_up();
say({ type: "ready" });
for (;;) {
  const { head, body } = receiveFrame();
  await obey(head as ToSandbox, body);
}

/** Puts off interrupts at the beginning of each turn of the loop of events, where they would hit the loop itself. */
function shieldLoop(): void {
  const global = globalThis as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of ["setTimeout", "setImmediate"]) {
    const schedule = global[name]?.bind(globalThis);
    const shielded = (callback: (...args: unknown[]) => void, ...rest: unknown[]) =>
      schedule?.(
        (...args: unknown[]) => {
          nextLook = Math.max(nextLook, clock() + dispatchMs);
          callback(...args);
        },
        ...rest,
      );
    global[name] = shielded as (...args: unknown[]) => unknown;
  }
}

function endWithGateway(): void {
  if (self.ppid !== gateway) leave(0);
}

async function obey(message: ToSandbox, body: Uint8Array): Promise<void> {
  switch (message.type) {
    case "write":
      if (!place.write(message.path, body)) say({ type: "lost", path: message.path, why: "in_the_way" });
      return;
    case "remove":
      place.remove(message.path);
      return;
    case "run":
      return await run(message);
  }
}

async function run(message: Extract<ToSandbox, { type: "run" }>): Promise<void> {
  place.unhindered(() => {
    files.learn(message.maxFileBytes);
    streams.reopen();
  });
  log = new RunLog(message.maxLogChars, (text) => say({ type: "log", text }));
  const flushing = every(() => {
    log?.flush();
    endWithGateway();
  }, 500);
  deadline = clock() + message.timeoutMs + interruptEveryMs;
  const cancelling = cancelAfter(message.timeoutMs);
  const end = await notebook.run(message.code).catch(toEnd);
  deadline = Number.POSITIVE_INFINITY;
  cancelling.stop();
  stopEvery(flushing);
  if (place.restore()) log.add(`\n[${root} was no directory any more: it was made anew, and is empty.]\n`);
  log.end();
  log = undefined;
  place.unhindered(() => handOver({ files, memory: python.FS, root, limits: message, say }));
  say({ type: "done", end });
}

/**
 * Cancels what the code waits for when its time is over, and again while it waits. Code that loops lets no timer through and
 * is interrupted; code that waits must be ended by a timer, since an interrupt would hit the loop of events instead.
 */
function cancelAfter(ms: number): { stop(): void } {
  let timer = startTimer(cancel, ms);
  function cancel(): void {
    deadline += settleMs;
    timer = startTimer(cancel, settleMs);
    try {
      notebook.cancel();
    } catch {
      // What the code has made of its tasks cannot be cancelled: its process is ended.
    }
  }
  return { stop: () => stopTimer(timer) };
}

/** How a run has ended that an exception of Python's has got out of. Throws what the interpreter itself has thrown. */
function toEnd(thrown: unknown): RunEnd {
  if (!(thrown instanceof Error) || thrown.name !== "PythonError") throw thrown;
  return clock() > deadline ? "timed_out" : "failed";
}
