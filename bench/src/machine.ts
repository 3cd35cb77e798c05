import { cpus, totalmem, type } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

/** The machine in one line, since no number means anything without it. */
export function describeMachine(): string {
  const cores = cpus();
  const model = cores[0]?.model.trim() || "unknown CPU";
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cores.length} cores (${model}), ${memory} GiB, ${type()} ${process.arch}, Node ${process.version}`;
}

/**
 * How many cores are busy at the moment, watched for `ms` milliseconds: before a run it tells whether the
 * machine is the bench's own.
 */
export async function busyCores(ms: number): Promise<number> {
  const read = (): { idle: number; all: number } => {
    const times = cpus().map(({ times: { user, nice, sys, idle, irq } }) => [user + nice + sys + irq, idle]);
    const idle = times.reduce((sum, [, own = 0]) => sum + own, 0);
    return { idle, all: times.reduce((sum, [own = 0]) => sum + own, idle) };
  };
  const before = read();
  await pause(ms);
  const after = read();
  const share = 1 - (after.idle - before.idle) / Math.max(1, after.all - before.all);
  return share * cpus().length;
}
