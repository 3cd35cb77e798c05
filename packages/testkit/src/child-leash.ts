import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import type { Writable } from "node:stream";

/**
 * The other end of the leash: it reads "+ PID" and "- PID" lines and, at the end of its input, kills what is
 * still listed. Its input ends however the test process ends, by SIGKILL too, when no exit handler runs.
 */
const leashScript = `
pids=' '
while read -r sign pid; do
  case "$sign" in
    +) pids="$pids$pid " ;;
    -) case "$pids" in *" $pid "*) pids="\${pids%%" $pid "*} \${pids#*" $pid "}" ;; esac ;;
  esac
done
for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
`;

let leash: Writable | undefined;

function openLeash(): Writable {
  // A session of its own, so that Ctrl-C in the terminal does not end it before its work is done.
  const shell = spawn("/bin/sh", ["-c", leashScript], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  shell.unref();
  const input = shell.stdin;
  (input as unknown as { unref(): void }).unref();
  const lost = (): void => {
    leash = undefined;
  };
  shell.on("error", lost);
  input.on("error", lost);
  return input;
}

/**
 * `child_process.spawn` for children that must not outlive this process: whichever way it ends, they are
 * killed by process id. A child that has ended is forgotten, so that its reused id is never killed.
 */
export function spawnLeashed(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  leash ??= openLeash();
  const child = spawn(command, args, options);
  const { pid } = child;
  if (pid !== undefined) {
    leash.write(`+ ${pid}\n`);
    child.once("exit", () => leash?.write(`- ${pid}\n`));
  }
  return child;
}
