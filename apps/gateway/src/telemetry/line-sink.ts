import pino from "pino";

/** As many characters are written at once, whatever turn it is. */
const fullAt = 8 * 1024;

/**
 * Standard output as a log's destination: lines of one turn of the event loop share a system call, which
 * under load costs more than making the lines. What is waiting is written when the process exits; only a
 * SIGKILL can lose it, and then no more than that turn's. Nothing waits for a disk: the library's own buffer
 * would, since its flush is an fsync where standard output is a file.
 */
export function openLineSink(): pino.DestinationStream {
  const out = pino.destination({ dest: 1, sync: true, minLength: 0 });
  let waiting = "";
  let scheduled = false;
  const write = (): void => {
    if (waiting === "") return;
    const lines = waiting;
    waiting = "";
    out.write(lines);
  };
  process.once("exit", write);
  return {
    write(line) {
      waiting += line;
      if (waiting.length >= fullAt) return write();
      if (scheduled) return;
      scheduled = true;
      setImmediate(() => {
        scheduled = false;
        write();
      });
    },
  };
}
