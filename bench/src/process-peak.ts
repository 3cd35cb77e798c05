import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { memory } from "./process-cost.ts";

/** Milliseconds between two looks at a process whose peak cannot be reset. */
const sampleEvery = 5;

/**
 * Watches the resident memory of a process from here on; the function it gives ends the watch and says the peak in
 * MB, undefined where there is no /proc. The kernel keeps the peak itself once it was reset (proc(5),
 * /proc/PID/clear_refs), which needs the right to write there; without it the process is looked at over and over.
 */
export function watchPeak(pid: number): () => number | undefined {
  if (resetPeak(pid)) return () => memory(pid)?.peak;
  let peak: number | undefined;
  const look = (): void => {
    const now = memory(pid)?.now;
    if (now !== undefined) peak = Math.max(peak ?? 0, now);
  };
  look();
  const timer = setInterval(look, sampleEvery);
  return () => {
    clearInterval(timer);
    look();
    return peak;
  };
}

function resetPeak(pid: number): boolean {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
    return true;
  } catch {
    return false;
  }
}

/**
 * The child process of `pid` whose command line contains `word`; undefined when there is none, or no /proc to read
 * (proc(5), /proc/PID/stat and /proc/PID/cmdline).
 */
export function childOf(pid: number, word: string): number | undefined {
  const text = (file: string): string => {
    try {
      return readFileSync(file, "utf8");
    } catch {
      // A process that has ended meanwhile is none of the children.
      return "";
    }
  };
  const numbers = (): string[] => {
    try {
      return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    } catch {
      return [];
    }
  };
  const found = numbers().find((name) => {
    const stat = text(`/proc/${name}/stat`);
    // The second field, in brackets, may hold anything; state and parent follow it.
    const parent = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
    return Number(parent) === pid && text(`/proc/${name}/cmdline`).includes(word);
  });
  return found === undefined ? undefined : Number(found);
}
