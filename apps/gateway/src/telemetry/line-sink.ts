import pino from "pino";

/** As many bytes are written at once, whatever turn it is. */
const fullAt = 8 * 1024;

/**
 * Standard output as a log's destination: lines of one turn of the event loop share a system call, which
 * under load costs more than making the lines. What is waiting is written when the process exits; only a
 * SIGKILL can lose it, and then no more than that turn's.
 */
export function openLineSink(): pino.DestinationStream {
  const out = pino.destination({ dest: 1, sync: true, minLength: fullAt });
  let scheduled = false;
  const flush = (): void => {
    scheduled = false;
    out.flushSync();
  };
  process.once("exit", flush);
  return {
    write(line) {
      out.write(line);
      if (scheduled) return;
      scheduled = true;
      setImmediate(flush);
    },
  };
}
