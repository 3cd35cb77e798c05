// The program of a process that runs strangers' Python code, in WebAssembly, for one container. It takes frames from
// standard input and answers on standard output; between runs it waits for the next frame without doing anything else,
// so nothing that code has left behind goes on, and ends when the gateway's end is closed.
//
//   node … sandbox-process.js PYODIDE_DIRECTORY MEMORY_BYTES
import { readSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { type MemoryFiles, WatchedFiles } from "./changed-files.ts";
import { driver } from "./driver.ts";
import { encodeFrame, type Frame, prefixBytes, readPrefix } from "./frames.ts";
import type { FromSandbox, RunEnd, ToSandbox } from "./messages.ts";
import { RunLog } from "./run-log.ts";
import { boundMemory, cutNetwork, hideStreams, narrowBindings, sealProcess } from "./seal-process.ts";

/** Where the container's files are, and the code's working directory. */
const root = "/mnt/data";
/** A run whose time is over and that goes on is interrupted again. */
const interruptEveryMs = 200;
const sigint = 2;
/** Time that code has to end once it was cancelled. */
const settleMs = 1000;

/** The part of Pyodide's interface that is used. */
interface Python {
  FS: MemoryFiles & {
    mkdirTree(path: string): void;
    chdir(path: string): void;
    writeFile(path: string, content: Uint8Array): void;
    unlink(path: string): void;
  };
  runPython(code: string): Notebook;
  setStdin(options: { error: true }): void;
  setStdout(options: { write(bytes: Uint8Array): number; isatty: false }): void;
  setStderr(options: { write(bytes: Uint8Array): number; isatty: false }): void;
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

cutNetwork();
hideStreams();
narrowBindings();
boundMemory(Number(memoryBytes));
const python = await openPython(directory);
python.FS.mkdirTree(root);
python.FS.chdir(root);
python.setStdin({ error: true });
python.setStdout({ write: (bytes) => write("out", bytes), isatty: false });
python.setStderr({ write: (bytes) => write("err", bytes), isatty: false });
for (const module of ["js", "pyodide_js"]) python.unregisterJsModule(module);
const notebook = python.runPython(driver);
const files = new WatchedFiles(python.FS, root);
const clock = performance.now.bind(performance);
const [startTimer, stopTimer, every, stopEvery] = [setTimeout, clearTimeout, setInterval, clearInterval];

let deadline = Number.POSITIVE_INFINITY;
let nextLook = 0;
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

function write(stream: "out" | "err", bytes: Uint8Array): number {
  log?.write(stream, bytes);
  return bytes.length;
}

function endWithGateway(): void {
  if (self.ppid !== gateway) leave(0);
}

async function obey(message: ToSandbox, body: Uint8Array): Promise<void> {
  switch (message.type) {
    case "write": {
      const path = `${root}/${message.path}`;
      python.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
      python.FS.writeFile(path, body);
      return;
    }
    case "remove":
      try {
        python.FS.unlink(`${root}/${message.path}`);
      } catch {
        // The code has removed it already.
      }
      return;
    case "run":
      return await run(message);
  }
}

async function run(message: Extract<ToSandbox, { type: "run" }>): Promise<void> {
  files.learn();
  log = new RunLog(message.maxLogChars, (text) => say({ type: "log", text }));
  const flushing = every(() => {
    log?.flush();
    endWithGateway();
  }, 500);
  deadline = clock() + message.timeoutMs + interruptEveryMs;
  // Code that loops lets no timer through; code that waits must be ended by one, since an interrupt would hit the loop
  // of events instead.
  const late = startTimer(() => {
    deadline += settleMs;
    notebook.cancel();
  }, message.timeoutMs);
  const end = await notebook.run(message.code);
  deadline = Number.POSITIVE_INFINITY;
  stopTimer(late);
  stopEvery(flushing);
  log.end();
  log = undefined;
  handOver(message);
  say({ type: "done", end });
}

function handOver({ maxFiles, maxFileBytes }: Extract<ToSandbox, { type: "run" }>): void {
  const { changed, removed } = files.takeChanges();
  for (const path of removed) say({ type: "removed", path });
  let left = maxFileBytes;
  for (const [index, path] of changed.entries()) {
    const { size } = python.FS.lstat(`${root}/${path}`);
    const why = index >= maxFiles ? "too_many" : size > left ? "too_large" : undefined;
    if (why === undefined) {
      left -= size;
      say({ type: "file", path }, python.FS.readFile(`${root}/${path}`));
    } else {
      files.forget(path);
      if (index < maxFiles + 10) say({ type: "lost", path, why });
    }
  }
}
