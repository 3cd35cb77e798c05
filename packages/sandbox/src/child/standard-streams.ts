/** What of the interpreter is used for its streams. */
export interface StreamHost {
  FS: {
    lstat(path: string): { rdev: number };
    mkdirTree(path: string): void;
    mkdev(path: string, mode: number, device: number): void;
    unlink(path: string): void;
  };
  setStdin(options: { error: true }): void;
  setStdout(options: Sink): void;
  setStderr(options: Sink): void;
}

interface Sink {
  /** Gives the number of bytes that it took. */
  write(bytes: Uint8Array): number;
  isatty: false;
}

const devices = ["stdin", "stdout", "stderr"] as const;
const readableAndWritable = 0o666;

/** The interpreter's standard streams, which code may close, put others in place of, or remove. */
export class StandardStreams {
  readonly #host: StreamHost;
  readonly #write: (stream: "out" | "err", bytes: Uint8Array) => void;
  readonly #numbers: readonly number[];

  /** `write` takes what is written. To be made before any code has run. */
  constructor(host: StreamHost, write: (stream: "out" | "err", bytes: Uint8Array) => void) {
    this.#host = host;
    this.#write = write;
    this.#open();
    this.#numbers = devices.map((name) => host.FS.lstat(`/dev/${name}`).rdev);
  }

  /** Opens them as numbers 0, 1 and 2 again, whatever these are by now. Nothing can be read. */
  reopen(): void {
    const { FS } = this.#host;
    FS.mkdirTree("/dev");
    for (const [index, name] of devices.entries()) {
      const path = `/dev/${name}`;
      try {
        if (FS.lstat(path).rdev === this.#numbers[index]) continue;
        FS.unlink(path);
      } catch {
        // It is not there.
      }
      FS.mkdev(path, readableAndWritable, this.#numbers[index] ?? 0);
    }
    this.#open();
  }

  #open(): void {
    const sink = (stream: "out" | "err"): Sink => ({
      write: (bytes) => {
        this.#write(stream, bytes);
        return bytes.length;
      },
      isatty: false,
    });
    this.#host.setStdin({ error: true });
    this.#host.setStdout(sink("out"));
    this.#host.setStderr(sink("err"));
  }
}
