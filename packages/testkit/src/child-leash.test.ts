import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cleanEnv } from "./clean-env.ts";
import { startChild } from "./running-child.ts";
import { waitFor } from "./wait-for.ts";

/** A test process that starts two children that would run for ever, ends one of them, and says the ids. */
const owner = `
  import { startChild } from ${JSON.stringify(join(import.meta.dirname, "running-child.ts"))};
  const forever = { command: process.execPath, args: ["-e", "setInterval(() => {}, 1000)"], env: process.env };
  const [ended, left] = await Promise.all([startChild(forever), startChild(forever)]);
  await ended.end("SIGKILL");
  console.log(JSON.stringify([ended.pid, left.pid]));
  setInterval(() => {}, 1000);
  process.on("SIGUSR2", () => process.exit(0));`;

describe("children on the leash", () => {
  test.each([["SIGKILL"], ["SIGTERM"], ["SIGUSR2"]] as const)(
    "are killed when their owner ends by %s",
    async (signal) => {
      const args = ["--input-type=module", "-e", owner];
      const process_ = await startChild({ command: process.execPath, args, env: cleanEnv() });
      const line = await waitFor(() => process_.stdout().trim(), { what: "the ids of the children" });
      const [ended, left] = JSON.parse(line) as [number, number];
      expect(isAlive(ended)).toBe(false);
      expect(isAlive(left)).toBe(true);

      process_.kill(signal);
      await process_.exited;
      await waitFor(() => !isAlive(left), { what: `process ${left} to be gone` });
    },
  );

  test("do not keep their owner from ending by itself once they are gone", async () => {
    const script = `
      import { startChild } from ${JSON.stringify(join(import.meta.dirname, "running-child.ts"))};
      const child = await startChild({ command: process.execPath, args: ["-e", ""], env: process.env });
      console.log((await child.exited).code);`;
    const process_ = await startChild({
      command: process.execPath,
      args: ["--input-type=module", "-e", script],
      env: cleanEnv(),
    });
    expect(await process_.exited).toEqual({ code: 0, signal: null });
    expect(process_.stdout()).toBe("0\n");
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A dead process keeps its id until somebody has asked for its exit code.
    return !/\) [ZX] /.test(existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8") : "");
  } catch {
    return false;
  }
}
