import { describe, expect, test } from "vitest";
import { cleanEnv } from "./clean-env.ts";
import { startChild, untilReady } from "./running-child.ts";

function startNode(script: string) {
  return startChild({ command: process.execPath, args: ["-e", script], env: cleanEnv() });
}

describe("a running child", () => {
  test("keeps both outputs apart, and together by whole lines", async () => {
    const child = await startNode(`
      process.stdout.write("out 1\\nout ");
      setTimeout(() => process.stderr.write("err 1\\n"), 50);
      setTimeout(() => process.stdout.write("2\\n"), 100);`);
    await child.exited;
    expect(child.stdout()).toBe("out 1\nout 2\n");
    expect(child.stderr()).toBe("err 1\n");
    expect(child.output()).toBe("out 1\nerr 1\nout 2");
  });

  test("keeps characters whole that two reads cut apart", async () => {
    const child = await startNode(`
      process.stdout.write(Buffer.from([0xe2, 0x82]));
      setTimeout(() => process.stdout.write(Buffer.from([0xac])), 50);`);
    await child.exited;
    expect(child.stdout()).toBe("€");
  });

  test("ends by the signal, and by SIGKILL when it does not listen", async () => {
    const polite = await startNode(
      "process.on('SIGTERM', () => process.exit(3)); setInterval(() => {}, 1000); console.log('up')",
    );
    await untilReady(polite, "the polite one", () => polite.stdout(), 10_000);
    expect(await polite.end()).toEqual({ code: 3, signal: null });
    expect(polite.hasExited()).toBe(true);

    const deaf = await startNode(
      "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')",
    );
    await untilReady(deaf, "the deaf one", () => deaf.stdout(), 10_000);
    expect(await deaf.end("SIGTERM", 50)).toEqual({ code: null, signal: "SIGKILL" });
  });

  test("a command that does not exist is named in the error", async () => {
    const start = startChild({ command: "no-such-command", args: [], env: cleanEnv() });
    await expect(start).rejects.toThrow("Cannot start no-such-command: spawn no-such-command ENOENT");
  });

  test("waiting for one that ends too early tells its last words", async () => {
    const child = await startNode("console.error('port is taken'); process.exit(7)");
    const waiting = untilReady(child, "the server", () => false, 10_000);
    await expect(waiting).rejects.toThrow(
      /the server ended before it was ready \(exit code 7\)\nport is taken/,
    );
  });

  test("one that is not ready in time is killed", async () => {
    const child = await startNode("setInterval(() => {}, 1000)");
    await expect(untilReady(child, "the server", () => false, 30)).rejects.toThrow(
      "waiting for the server to be ready",
    );
    expect(await child.exited).toEqual({ code: null, signal: "SIGKILL" });
  });
});
