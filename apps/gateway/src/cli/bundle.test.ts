import { mkdirSync, readFileSync, realpathSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { cleanEnv, startChild, startGateway, type TempDir, tempDir, waitFor } from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };

const app = join(import.meta.dirname, "..", "..");
let dir: TempDir;

/** Runs Node in the folder of the bundle. */
async function node(...args: string[]) {
  const child = await startChild({ command: process.execPath, args, env: cleanEnv(), cwd: dir.path });
  const { code } = await child.exited;
  return { code, out: child.stdout(), err: child.stderr() };
}

beforeAll(async () => {
  dir = tempDir();
  const { code, err } = await node(join(app, "scripts", "bundle.mjs"), dir.join("app"));
  if (code !== 0) throw new Error(err);
  // What is installed beside the bundle: the native package and nothing else.
  const sqlite = realpathSync(join(app, "..", "..", "packages", "store", "node_modules", "better-sqlite3"));
  mkdirSync(dir.join("app", "node_modules"));
  symlinkSync(sqlite, dir.join("app", "node_modules", "better-sqlite3"));
});
afterAll(() => dir.remove());

describe("the bundle", () => {
  test("serves, is found healthy and ends cleanly", async () => {
    await using gateway = await startGateway({ entry: dir.join("app", "gateway.js") });
    const answer = await fetch(`${gateway.http}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "demo", input: "hi" }),
    });
    expect(await answer.json()).toMatchObject({ object: "response", status: "completed" });
    expect(await (await fetch(`${gateway.http}/metrics`)).text()).toContain("http_requests_total");
    expect(await node(dir.join("app", "gateway.js"), "healthcheck", `-addr=${gateway.extproc}`)).toEqual({
      code: 0,
      out: "SERVING\n",
      err: "",
    });
  });

  test("writes lines for people, too", async () => {
    const args = [
      dir.join("app", "gateway.js"),
      "--http-listen",
      "127.0.0.1:0",
      "--extproc-listen",
      "127.0.0.1:0",
    ];
    const env = cleanEnv({ GATEWAY_LOG_FORMAT: "pretty" });
    const child = await startChild({ command: process.execPath, args, env, cwd: dir.path });
    await waitFor(() => /INFO.*listening/.test(child.stdout()), { what: "the gateway to listen" });
    expect(await child.end("SIGTERM")).toMatchObject({ code: 0 });
  });

  test("prints its configuration", async () => {
    const { code, out } = await node(dir.join("app", "gateway.js"), "config", "print");
    expect([code, out.startsWith("http:")]).toEqual([0, true]);
  });

  test("knows its version, and refuses an older Node before it loads anything", async () => {
    expect((await node(dir.join("app", "gateway.js"), "version")).out).toBe(`${manifest.version}\n`);
    const old =
      'data:text/javascript,Object.defineProperty(process, "versions", { value: { node: "20.1.0" } })';
    const { code, err } = await node("--import", old, dir.join("app", "gateway.js"), "version");
    expect([code, err]).toEqual([1, expect.stringContaining("needs Node 24 or newer; this is Node 20.1.0")]);
  });

  test("carries the licences of what is inside", () => {
    const text = readFileSync(dir.join("app", "THIRD-PARTY.txt"), "utf8");
    for (const name of ["hono", "undici", "zod", "pino", "drizzle-orm"])
      expect(text).toMatch(new RegExp(`^${name} \\d`, "m"));
  });
});
