import type { FileStore, UploadStore } from "@gateway/engine";

/** What {@link openSweeper} works with. */
export interface SweeperDeps {
  files: FileStore;
  uploads: UploadStore;
  /** Unix time in milliseconds. */
  now(): number;
  intervalMs: number;
  /** Called after a file has gone. */
  onDeleted(): void;
  /** Removes content that is not used any more. */
  sweepBlobs(): void;
  onFault(message: string, cause?: unknown): void;
}

/** Ends what has expired: files and uploads. */
export interface Sweeper {
  /** Sweeps now and every interval from now on; the timer keeps no process alive. */
  start(): void;
  /** Stops and waits for the sweep that is under way. */
  close(): Promise<void>;
}

export function openSweeper(deps: SweeperDeps): Sweeper {
  const { files, uploads } = deps;
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> | undefined;
  let closed = false;

  async function sweep(): Promise<void> {
    const now = Math.floor(deps.now() / 1000);
    await sweepEach(
      () => files.expired(now, batch),
      async ({ tenant, id }) => {
        if (await files.delete(tenant, id)) deps.onDeleted();
      },
    );
    await sweepEach(
      () => uploads.expired(now, batch),
      async ({ tenant, id }) => void (await uploads.end(tenant, id, "expired")),
    );
    deps.sweepBlobs();
  }

  async function sweepEach(
    find: () => Promise<{ tenant: string; id: string }[]>,
    end: (expired: { tenant: string; id: string }) => Promise<void>,
  ): Promise<void> {
    for (;;) {
      const found = await find();
      for (const expired of found) {
        if (closed) return;
        await end(expired);
      }
      if (found.length < batch) return;
    }
  }

  function begin(): void {
    sweeping ??= sweep()
      .catch((cause: unknown) => deps.onFault("expired files could not be removed; it is tried again", cause))
      .finally(() => {
        sweeping = undefined;
      });
  }

  return {
    start() {
      if (closed) return;
      begin();
      timer = setInterval(begin, deps.intervalMs);
      timer.unref();
    },
    async close() {
      closed = true;
      clearInterval(timer);
      await sweeping;
    },
  };
}

const batch = 100;
