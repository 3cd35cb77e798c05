import { spawnSync } from "node:child_process";

const usual = "/usr/bin/setpriv";
const found = new Map<string, readonly string[]>();

/**
 * What stands in front of a command so that the kernel ends it (SIGKILL) when the process that has started it ends, however
 * that ends: `setpriv` of util-linux, which sets the signal and becomes the command. A process that computes without end
 * notices nothing by itself. Empty where there is none; BusyBox has one without that option. Looked for once.
 */
export function tieToParent(setpriv = usual): readonly string[] {
  let command = found.get(setpriv);
  if (command === undefined) {
    command = [setpriv, "--pdeathsig", "KILL", "--"];
    const [file = "", ...args] = [...command, "true"];
    if (spawnSync(file, args, { stdio: "ignore" }).status !== 0) command = [];
    found.set(setpriv, command);
  }
  return command;
}
