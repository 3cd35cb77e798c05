import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/**
 * The memory in bytes that a process has resident, as the system counts it: a process that is busy with a file cannot
 * be asked. From `/proc` where there is one (proc_pid_status(5), VmRSS), else from `ps`.
 *
 * @returns undefined when the process has ended, or the system has neither
 */
export async function residentMemory(pid: number): Promise<number | undefined> {
  return (await fromProc(pid)) ?? (process.platform === "linux" ? undefined : fromPs(pid));
}

async function fromProc(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return toBytes(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]);
}

/** What `ps` says (POSIX has no option for it; macOS and the BSDs know `rss`). */
export async function fromPs(pid: number): Promise<number | undefined> {
  const listed = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]).catch(() => ({
    stdout: "",
  }));
  return toBytes(listed.stdout.trim());
}

function toBytes(kibibytes: string | undefined): number | undefined {
  return kibibytes === undefined || !/^\d+$/.test(kibibytes) ? undefined : Number(kibibytes) * 1024;
}
