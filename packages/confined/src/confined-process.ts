import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { residentMemory } from "./resident-memory.ts";
import { tieToParent } from "./tie-to-parent.ts";

const mebibyte = 2 ** 20;
const memoryCheckMs = 50;
/** How much of what the process wrote before its end is kept, for the log. */
const maxStderrChars = 4000;

/** What a process may do, beside computing. */
export interface Confinement {
  /** Its program. */
  file: string;
  args?: readonly string[];
  /** Paths that it may read; one that ends in `*` means all that begins so. */
  readable: readonly string[];
  /** Bound of the JavaScript heap in bytes. */
  heapBytes: number;
  /** Whether it may start threads. */
  threads?: boolean;
  /** Further flags of Node. */
  flags?: readonly string[];
  /** How it answers: messages of Node's channel, or bytes on its standard output. */
  answers: "messages" | "bytes";
}

/**
 * A child process under Node's permission model: it has no environment, reads only what it is shown, writes no file and
 * starts no process; code does not come from strings. The network is not taken from it by Node 24. Where the system can
 * (see {@link tieToParent}) it ends with this process, whatever either of them is at.
 */
export class ConfinedProcess {
  /** The process itself, for its messages. */
  readonly child: ChildProcess;
  readonly stdin: Writable;
  /** Its standard output, where it answers with bytes. */
  readonly stdout: Readable | null;
  /** Resolves when it has ended, whether or not it ever started, with how: `was ended by SIGKILL`. */
  readonly ended: Promise<string>;
  #stderr = "";

  constructor(confinement: Confinement) {
    this.child = start(confinement);
    this.stdin = this.child.stdin as Writable;
    this.stdout = this.child.stdout;
    this.ended = this.#watchEnd();
    this.child.on("error", () => {});
    // A write to a process that has gone fails; its end tells why. One that lives and reads no more is of no use.
    this.stdin.on("error", () => void this.kill());
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-maxStderrChars);
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** What it wrote to standard error last. */
  get lastWords(): string {
    return this.#stderr.trim();
  }

  /** Whether its JavaScript heap was full. Known once it has ended. */
  get heapWasFull(): boolean {
    return /heap out of memory/i.test(this.#stderr);
  }

  /** Bytes that it has resident; undefined where it has ended or the system does not say. */
  async memory(): Promise<number | undefined> {
    return this.pid === undefined ? undefined : await residentMemory(this.pid);
  }

  /** Looks every 50 ms whether it has more than `bytes` resident, until the function that is returned is called. */
  watchMemory(bytes: number, onMore: () => void): () => void {
    const timer = setInterval(async () => {
      if (((await this.memory()) ?? 0) > bytes) onMore();
    }, memoryCheckMs);
    return () => clearInterval(timer);
  }

  /** Ends it at once. Ends when it has. */
  async kill(): Promise<void> {
    // Whoever waits for the end must not find that nothing keeps this process alive meanwhile.
    this.holdOpen(true);
    this.child.kill("SIGKILL");
    await this.ended;
  }

  /** Whether it keeps this process alive. */
  holdOpen(hold: boolean): void {
    const { stdin, stdout, stderr, channel } = this.child;
    for (const handle of [this.child, channel, stdin, stdout, stderr] as ({
      ref?(): void;
      unref?(): void;
    } | null)[]) {
      if (hold) handle?.ref?.();
      else handle?.unref?.();
    }
  }

  async #watchEnd(): Promise<string> {
    try {
      // Not "exit": what it wrote to standard error before its end is read by then.
      const [code, signal] = await once(this.child, "close");
      return signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
    } catch (cause) {
      return `could not be started: ${(cause as Error).message}`;
    }
  }
}

function start(confinement: Confinement): ChildProcess {
  const { file, args = [], readable, heapBytes, threads = false, flags = [], answers } = confinement;
  const nodeFlags = [
    "--permission",
    ...readable.map((path) => `--allow-fs-read=${path}`),
    ...(threads ? ["--allow-worker"] : []),
    "--disallow-code-generation-from-strings",
    "--no-warnings",
    `--max-old-space-size=${Math.floor(heapBytes / mebibyte)}`,
    ...flags,
  ];
  const stdio: StdioOptions =
    answers === "messages" ? ["pipe", "ignore", "pipe", "ipc"] : ["pipe", "pipe", "pipe"];
  const [command = "", ...rest] = [...tieToParent(), process.execPath, ...nodeFlags, file, ...args];
  return spawn(command, rest, {
    // Node needs nothing of the environment, except on Windows.
    env: process.env.SystemRoot === undefined ? {} : { SystemRoot: process.env.SystemRoot },
    stdio,
  });
}
