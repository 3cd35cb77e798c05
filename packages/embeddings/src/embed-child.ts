import { type ChildProcess, fork } from "node:child_process";
import type { FromChild, ToChild } from "./embed-messages.ts";

/** What is heard of a child process. */
export interface EmbedChildListener {
  onMessage(message: FromChild): void;
  /** It ended without having been told to; `why` says how. Comes once, after which nothing more is heard. */
  onDeath(why: string): void;
}

/**
 * One child process that runs the model: without environment, without the right to write files or to start
 * processes, and (from Node 25 on, where that right exists) without network.
 */
export class EmbedChild {
  readonly #process: ChildProcess;
  readonly #exited = Promise.withResolvers<void>();
  #listener: EmbedChildListener | undefined;

  /** Starts the process from this file. A process that cannot be started dies as soon as it is listened to. */
  constructor(file: string, listener: EmbedChildListener) {
    this.#listener = listener;
    this.#process = fork(file, [], {
      execArgv: ["--permission", "--allow-fs-read=*"],
      env: {},
      // Vectors are typed arrays, which JSON would turn into objects.
      serialization: "advanced",
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    this.#process.on("message", (message) => this.#listener?.onMessage(message as FromChild));
    this.#process.once("exit", (code, signal) => {
      this.#exited.resolve();
      this.#die(signal === null ? `ended with code ${code}` : `was ended by ${signal}`);
    });
    this.#process.on("error", (error) => {
      if (this.#process.pid === undefined) this.#exited.resolve();
      this.#die(`cannot be reached: ${error.message}`);
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Nothing is thrown where the process is gone: its death is told to the listener. */
  send(message: ToChild): void {
    this.#process.send(message, () => {});
  }

  /** Whether the process keeps this one alive. */
  hold(held: boolean): void {
    const does = held ? "ref" : "unref";
    this.#process[does]();
    this.#process.channel?.[does]();
  }

  /** Ends the process at once; nothing more is heard of it. Resolves when it is gone. */
  async end(): Promise<void> {
    this.#listener = undefined;
    // Whoever waits for the end must not find that nothing keeps this process alive meanwhile.
    this.#process.ref();
    // It holds nothing that would have to be put in order.
    this.#process.kill("SIGKILL");
    await this.#exited.promise;
  }

  #die(why: string): void {
    const listener = this.#listener;
    this.#listener = undefined;
    this.#process.kill("SIGKILL");
    listener?.onDeath(why);
  }
}
