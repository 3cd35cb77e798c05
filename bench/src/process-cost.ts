import { readFileSync } from "node:fs";

/** The kernel reports CPU time in ticks of 10 ms (USER_HZ is 100 on every architecture Node runs on). */
const tickMs = 10;

/**
 * CPU time a process has used so far, all threads, user and system, in milliseconds (proc(5), /proc/PID/stat).
 * Undefined where there is no /proc or no such process.
 */
export function cpuTime(pid: number): number | undefined {
  try {
    // The second field is the command in brackets, which may hold spaces; the third field follows it.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * tickMs;
  } catch {
    return undefined;
  }
}

/** Resident memory of a process. */
export interface Memory {
  /** Now, in MB of 1,048,576 bytes, as top(1) and container limits count. */
  now: number;
  /** The highest so far, in MB. */
  peak: number;
}

/** Resident memory of a process (proc(5), /proc/PID/status); undefined where there is none to read. */
export function memory(pid: number): Memory | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const megabytes = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
    return { now: megabytes("VmRSS"), peak: megabytes("VmHWM") };
  } catch {
    return undefined;
  }
}

/**
 * Reads the CPU time of several processes; the function it gives says how much each has used since, in
 * milliseconds, by the same names.
 */
export function startCpuWatch<Name extends string>(
  pids: Record<Name, number>,
): () => Record<Name, number | undefined> {
  const names = Object.keys(pids) as Name[];
  const before = new Map(names.map((name) => [name, cpuTime(pids[name])]));
  return () => {
    const used = names.map((name) => {
      const [now, then] = [cpuTime(pids[name]), before.get(name)];
      return [name, now === undefined || then === undefined ? undefined : now - then];
    });
    return Object.fromEntries(used) as Record<Name, number | undefined>;
  };
}

/** True where CPU time and memory of processes can be read. */
export const readsProcesses: boolean = cpuTime(process.pid) !== undefined;
