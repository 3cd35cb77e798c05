import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startGateway } from "./gateway-process.ts";
import { type TempDir, tempDir } from "./temp-dir.ts";

/** Does what the gateway's command line promises: two listeners, one line, exit 0 on SIGTERM. */
const standIn = `
  import { createServer } from "node:http";
  import { readFileSync } from "node:fs";
  const args = process.argv.slice(2);
  const value = (flag) => args[args.indexOf(flag) + 1];
  if (args.includes("--refuse")) { console.error("config: unknown key"); process.exit(2); }
  const open = (address) => new Promise((resolve) => {
    const [host, port] = value(address).split(":");
    const server = createServer((request, response) => {
      const line = { msg: "request", request_id: request.headers["x-request-id"], path: request.url };
      setTimeout(() => console.log(JSON.stringify(line)), 50);
      response.end(JSON.stringify({
        args, env: process.env, cwd: process.cwd(),
        config: args.includes("--config") ? readFileSync(value("--config"), "utf8") : null,
      }));
    });
    server.listen(Number(port), host, () => resolve(host + ":" + server.address().port));
  });
  process.on("SIGTERM", () => process.exit(Number(process.env.EXIT_CODE ?? 0)));
  console.error("a plain warning");
  const [http, extproc] = [await open("--http-listen"), await open("--extproc-listen")];
  console.log(JSON.stringify({ level: "info", msg: "listening", http, extproc }));`;

interface Seen {
  args: string[];
  env: Record<string, string>;
  cwd: string;
  config: string | null;
}

let dir: TempDir;
let entry: string;

beforeEach(() => {
  dir = tempDir();
  entry = dir.join("stand-in.mjs");
  writeFileSync(entry, standIn);
});

afterEach(() => {
  vi.unstubAllEnvs();
  dir.remove();
});

async function look(http: string): Promise<Seen> {
  return (await (await fetch(http)).json()) as Seen;
}

describe("the log", () => {
  test("that has settled holds what was late, and nothing of the question for it", async () => {
    const gateway = await startGateway({ entry });
    await look(`${gateway.http}/asked`);
    const lines = await gateway.settledLogs();
    expect(lines.filter(({ msg }) => msg === "request")).toEqual([{ msg: "request", path: "/asked" }]);
    await gateway.stop();
    expect(await gateway.settledLogs()).toEqual(lines);
  });
});

describe("starting the gateway", () => {
  test("waits for the listening line and gives both addresses, the log and the process id", async () => {
    await using gateway = await startGateway({ entry });
    expect(gateway.http).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    expect(gateway.extproc).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
    expect(gateway.logs()).toContainEqual({ msg: "a plain warning", plain: true });
    expect(gateway.logs()).toContainEqual(expect.objectContaining({ level: "info", msg: "listening" }));
    expect(gateway.pid).toBeGreaterThan(0);
  });

  test("serves on free ports from a temp folder that is gone afterwards", async () => {
    const gateway = await startGateway({ entry, args: ["--log-level", "debug"] });
    const { args, cwd } = await look(gateway.http);
    expect(args).toEqual([
      ...["serve", "--http-listen", "127.0.0.1:0", "--extproc-listen", "127.0.0.1:0"],
      ...["--log-level", "debug"],
    ]);
    expect(cwd).toBe(gateway.cwd);
    await gateway.stop();
    await gateway.stop();
    expect(existsSync(cwd)).toBe(false);
  });

  test("hands over a configuration as YAML text or as an object", async () => {
    await using fromText = await startGateway({ entry, config: "log: { level: debug }\n" });
    expect((await look(fromText.http)).config).toBe("log: { level: debug }\n");
    await using fromObject = await startGateway({ entry, config: { strict_params: true } });
    expect(JSON.parse((await look(fromObject.http)).config ?? "")).toEqual({ strict_params: true });
  });

  test("works in a given folder and leaves it there", async () => {
    const gateway = await startGateway({ entry, cwd: dir.path });
    expect((await look(gateway.http)).cwd).toBe(dir.path);
    await gateway.stop();
    expect(readFileSync(entry, "utf8")).toBe(standIn);
  });

  test("hides the caller's provider keys unless they are given", async () => {
    vi.stubEnv("OPENAI_API_KEY", "sk-of-the-developer");
    vi.stubEnv("OPENAI_BASE_URL", "http://elsewhere/v1");
    await using gateway = await startGateway({ entry, env: { OPENAI_API_KEY: "given" } });
    const { env } = await look(gateway.http);
    expect(env.OPENAI_API_KEY).toBe("given");
    expect(env).not.toHaveProperty("OPENAI_BASE_URL");
  });

  test("one that refuses to start is an error with its last words", async () => {
    await expect(startGateway({ entry, args: ["--refuse"] })).rejects.toThrow(
      /the gateway ended before it was ready \(exit code 2\)\nconfig: unknown key/,
    );
  });
});

describe("stopping the gateway", () => {
  test("an exit code other than 0 is an error with the log", async () => {
    const gateway = await startGateway({ entry, env: { EXIT_CODE: "3" } });
    await expect(gateway.stop()).rejects.toThrow(/The gateway ended with exit code 3\n.*a plain warning/s);
  });

  test("one that the test has killed may end as it likes", async () => {
    const gateway = await startGateway({ entry });
    gateway.kill("SIGKILL");
    expect(await gateway.exited).toEqual({ code: null, signal: "SIGKILL" });
    await gateway.stop();
  });
});
