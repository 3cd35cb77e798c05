import pino from "pino";

/** As many characters are written at once, whatever turn it is. */
const fullAt = 8 * 1024;
/** While lines keep coming, they are written once in so many milliseconds. */
const everyMs = 5;

/**
 * Standard output as a log's destination: lines of one turn of the event loop share a system call, and under load
 * those of some milliseconds, for it costs more than making the lines. What is waiting is written when the process
 * exits; only a SIGKILL can lose it, and then no more than those. Nothing waits for a disk: the library's own buffer
 * would, since its flush is an fsync where standard output is a file.
 */
export function openLineSink(): pino.DestinationStream {
  const out = pino.destination({ dest: 1, sync: true, minLength: 0 });
  let waiting = "";
  let scheduled = false;
  let last = Number.NEGATIVE_INFINITY;
  const write = (): void => {
    scheduled = false;
    if (waiting === "") return;
    const lines = waiting;
    waiting = "";
    last = performance.now();
    out.write(lines);
  };
  process.once("exit", write);
  return {
    write(line) {
      waiting += line;
      if (waiting.length >= fullAt) return write();
      if (scheduled) return;
      scheduled = true;
      if (performance.now() - last >= everyMs) setImmediate(write);
      else setTimeout(write, everyMs).unref();
    },
  };
}
