import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { gatewayFromSource as bin, cleanEnv, type TempDir, tempDir } from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };

let dir: TempDir;
beforeAll(() => {
  dir = tempDir();
  writeFileSync(dir.join("bad.yaml"), "htpp: {}\nlog: { level: loud }\n");
  writeFileSync(dir.join("good.yaml"), "backends: { a: { url: http://a/v1, key: sk-secret, weight: 2 } }\n");
});
afterAll(() => dir.remove());

interface Result {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the program as a user would and gives what it wrote. */
async function gateway(args: readonly string[], nodeArgs: readonly string[] = []): Promise<Result> {
  const child = spawn(process.execPath, [...nodeArgs, bin, ...args], {
    cwd: dir.path,
    env: cleanEnv(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const result: Result = { code: null, out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (result.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (result.err += text));
  [result.code] = (await once(child, "close")) as [number | null];
  return result;
}

describe("help", () => {
  test.for([["help"], ["--help"], ["-h"], ["-help"], ["serve", "--help"], ["config", "check", "-h"]])(
    "%s",
    async (args) => {
      const { code, out, err } = await gateway(args);
      expect([code, err]).toEqual([0, ""]);
      const [title, ...lines] = out.split("\n");
      expect(title).toBe("Examples");
      expect(lines.slice(0, 4).filter((line) => /^ {2}gateway/.test(line))).toHaveLength(3);
      for (const word of ["--config", "--http-listen", "healthcheck", "db backup", "Exit codes"])
        expect(out).toContain(word);
    },
  );

  test("knows every command", async () => {
    const { out } = await gateway(["help"]);
    for (const name of [
      "serve",
      "config check",
      "config print",
      "config schema",
      "healthcheck",
      "db backup",
      "db check",
      "version",
    ]) {
      expect(out).toMatch(new RegExp(`^ {2}${name}\\b`, "m"));
    }
  });
});

test.for([["version"], ["--version"], ["-v"]])("%s prints the version alone", async (args) => {
  expect(await gateway(args)).toEqual({ code: 0, out: `${manifest.version}\n`, err: "" });
});

describe("a command line that makes no sense ends with 2 and says what would", () => {
  test.for([
    [["srve"], 'Unknown command "srve"; did you mean "serve"?'],
    [["frobnicate"], 'Unknown command "frobnicate"'],
    [["__proto__"], 'Unknown command "__proto__"'],
    [["--confg", "x"], "Unknown flag --confg; did you mean --config?"],
    [["serve", "-log-levl=debug"], "Unknown flag --log-levl; did you mean --log-level?"],
    [["serve", "extra"], 'Unexpected argument "extra"'],
    [["serve", "--config"], "--config"],
    [["config"], "config needs one of check, print and schema"],
    [["config", "chek"], "config needs one of check, print and schema"],
    [["db"], "db needs one of backup and check"],
    [["db", "backup"], "db backup needs the file to write"],
    [["db", "check", "x"], 'Unexpected argument "x"'],
    [["healthcheck", "--addr", "nowhere"], "--addr: expected an address"],
    [["healthcheck", "--timeout", "3"], "--timeout expected a duration"],
    [["healthcheck", "--http", "--service", "x"], "--service goes with gRPC"],
  ] as const)("%j", async ([args, message]) => {
    const { code, out, err } = await gateway(args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(message);
    expect(err).toContain("gateway help");
  });
});

describe("config", () => {
  test.for([
    ["config", "check", "--config", "bad.yaml"],
    ["serve", "-config", "bad.yaml"],
    ["-config=bad.yaml"],
    ["db", "check", "--config", "bad.yaml"],
  ])("%j ends with 78 and lists all mistakes", async (args) => {
    const { code, out, err } = await gateway(args);
    expect([code, out]).toEqual([78, ""]);
    expect(err).toContain("2 problems in the configuration\n  bad.yaml:1: unknown key htpp");
    expect(err).toContain("bad.yaml:2: log.level");
  });

  test("check says that all is well, and what has no effect", async () => {
    expect(await gateway(["config", "check", "--config", "good.yaml"])).toEqual({
      code: 0,
      out: "The configuration is fine (good.yaml).\n",
      err: "backends.a.weight has no effect in this version (good.yaml:1)\n",
    });
    expect((await gateway(["config", "check"])).out).toBe("The configuration is fine (no file).\n");
  });

  test("check refuses a listener that anyone could reach", async () => {
    const { code, err } = await gateway(["config", "check", "--http-listen", ":0"]);
    expect(code).toBe(78);
    expect(err).toMatch(/flag --http-listen: .*auth: \{ open: true \}/);
  });

  test("print gives YAML without secrets, -port included", async () => {
    const { code, out } = await gateway([
      "config",
      "print",
      "-config",
      "good.yaml",
      "-port",
      "12345",
      "-log-level",
      "debug",
    ]);
    expect(code).toBe(0);
    expect(out).toContain("listen: 127.0.0.1:12345 # flag --port");
    expect(out).toContain("level: debug # flag --log-level");
    expect(out).not.toContain("sk-secret");
  });

  test("schema gives a JSON Schema", async () => {
    const { code, out } = await gateway(["config", "schema"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      type: "object",
      additionalProperties: false,
      properties: { http: {} },
    });
  });
});

describe("the version of Node", () => {
  const pretend = (version: string) => [
    "--import",
    `data:text/javascript,Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`,
  ];

  test.for(["18.20.1", "20.19.0", "22.22.0", "23.11.0"])(
    "%s is refused before anything is loaded",
    async (version) => {
      const { code, out, err } = await gateway(["version"], pretend(version));
      expect([code, out]).toEqual([1, ""]);
      expect(err).toMatch(
        new RegExp(`^gateway needs Node 24 or newer; this is Node ${version.replaceAll(".", "\\.")} .*\n$`),
      );
    },
  );

  test.for(["24.0.0", "26.10.0", "100.0.0"])("%s is fine", async (version) => {
    expect((await gateway(["version"], pretend(version))).code).toBe(0);
  });
});
