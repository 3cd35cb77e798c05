import { cpus, totalmem, type } from "node:os";

/** The machine in one line, since no number means anything without it. */
export function describeMachine(): string {
  const cores = cpus();
  const model = cores[0]?.model.trim() || "unknown CPU";
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cores.length} cores (${model}), ${memory} GiB, ${type()} ${process.arch}, Node ${process.version}`;
}
