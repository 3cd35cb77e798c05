import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  cleanEnv,
  type GatewayProcess,
  type ScriptedBackend,
  startGateway,
  startScriptedBackend,
  type TempDir,
  tempDir,
  text,
} from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";

const here = import.meta.dirname;
const repo = join(here, "..", "..");

/** The instructions of the Dockerfile, in order: keyword and the rest, with continued lines joined. */
const instructions = readFileSync(join(here, "Dockerfile"), "utf8")
  .replace(/^#.*\n/gm, "")
  .replace(/\\\n\s*/g, " ")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => {
    const [, keyword = "", rest = ""] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    return { keyword, rest };
  });

const restOf = (keyword: string) =>
  instructions.filter((each) => each.keyword === keyword).map(({ rest }) => rest);
const only = (keyword: string) => {
  const [rest, ...more] = restOf(keyword);
  if (rest === undefined || more.length > 0) throw new Error(`the Dockerfile has not one ${keyword}`);
  return rest;
};

/**
 * Makes the image's /app in a folder: bundles the program in a tree beside the repository, so that nothing in it
 * is written to, and runs the Dockerfile's own command that puts the pieces together.
 */
function assemble(dir: TempDir): string {
  const tree = dir.join("src");
  for (const path of [
    "node_modules",
    "LICENSE",
    "apps/gateway/src",
    "apps/gateway/bin",
    "packages/store/node_modules",
  ]) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    symlinkSync(join(repo, path), join(tree, path));
  }
  cpSync(join(repo, "apps/gateway/scripts"), join(tree, "apps/gateway/scripts"), { recursive: true });
  execFileSync(process.execPath, [join(tree, "apps/gateway/scripts/bundle.mjs")], { env: cleanEnv() });

  const putTogether = restOf("RUN").filter((command) => command.includes("/out/"));
  expect(putTogether).toHaveLength(1);
  const out = dir.join("out");
  execFileSync("sh", ["-ec", String(putTogether[0]).replaceAll("/out/", `${out}/`)], {
    cwd: tree,
    env: cleanEnv(),
  });
  return out;
}

describe("the image", () => {
  let dir: TempDir;
  let app: string;
  let backend: ScriptedBackend;
  let gateway: GatewayProcess;

  beforeAll(async () => {
    dir = tempDir("gateway-image-");
    app = assemble(dir);
    backend = await startScriptedBackend({ models: ["scripted"] });
    backend.setDefault(text("from the image"));
    gateway = await startGateway({
      entry: join(app, "gateway.js"),
      cwd: app,
      config: readFileSync(join(here, "extproc-config.yaml"), "utf8"),
      env: {
        NODE_ENV: "production",
        MODEL_ENDPOINT: backend.url,
        GATEWAY_STORE_PATH: dir.join("data", "gateway.db"),
      },
    });
  });
  afterAll(async () => {
    await gateway?.stop();
    await backend?.stop();
    dir?.remove();
  });

  test("runs node itself, with the configuration that was copied into it", () => {
    expect(JSON.parse(only("CMD"))).toEqual([
      "node",
      "gateway.js",
      "serve",
      "--config",
      "/etc/gateway/extproc-config.yaml",
    ]);
    expect(restOf("COPY")).toContain("examples/envoy/extproc-config.yaml /etc/gateway/");
    expect(restOf("COPY")).toContain("--from=build /out/ ./");
  });

  test("runs as a user who is not root, with a data directory of their own", () => {
    const user = only("USER");
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    const [uid, gid] = user.split(":");
    expect(restOf("RUN")).toContain(`install --directory --owner=${uid} --group=${gid} --mode=0700 /data`);
  });

  test("uses the Node and the pnpm that the workspace pins", () => {
    const { devDependencies, packageManager } = JSON.parse(readFileSync(join(repo, "package.json"), "utf8"));
    for (const from of restOf("FROM")) expect(from).toContain(`node:${devDependencies.node}-`);
    const pnpm = restOf("RUN").flatMap((command) => command.match(/pnpm@\S+/g) ?? []);
    expect([...new Set(pnpm)]).toEqual([packageManager]);
  });

  test("answers with nothing but the bundle and better-sqlite3 in it", async () => {
    const health = await fetch(`${gateway.http}/health`);
    expect(health.status).toBe(200);
    const response = await create(gateway, "scripted");
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      status: "completed",
      output: [{ type: "message", content: [{ type: "output_text", text: "from the image" }] }],
    });
  });

  test("keeps its data where only its user can read it", () => {
    expect(statSync(dir.join("data")).mode & 0o777).toBe(0o700);
    expect(statSync(dir.join("data", "gateway.db")).size).toBeGreaterThan(0);
  });

  test("its health check, the same as in the compose file, tells a serving gateway from one that is not there", () => {
    const [, command = ""] = /CMD (\[.*\])$/.exec(only("HEALTHCHECK")) ?? [];
    const [node, ...args]: string[] = JSON.parse(command);
    const compose = parse(readFileSync(join(here, "docker-compose.yaml"), "utf8"));
    expect(compose.services.gateway.healthcheck.test).toEqual(["CMD", node, ...args]);

    const check = (address: string) =>
      spawnSync(
        process.execPath,
        args.map((arg) => arg.replace(":10000", address)),
        { cwd: app, env: cleanEnv() },
      );
    expect(check(gateway.extproc).status).toBe(0);
    expect(check("127.0.0.1:1").status).toBe(1);
  });

  test("without a configuration it answers as the model demo, and ends on SIGTERM with exit code 0", async () => {
    const bare = await startGateway({
      entry: join(app, "gateway.js"),
      cwd: app,
      env: { GATEWAY_STORE_PATH: dir.join("other", "gateway.db") },
    });
    const response = await create(bare, "demo");
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      status: "completed",
      model: "demo",
      output: [{ type: "message" }],
    });
    bare.kill("SIGTERM");
    expect(await bare.exited).toEqual({ code: 0, signal: null });
  });
});

function create({ http }: GatewayProcess, model: string): Promise<Response> {
  return fetch(`${http}/v1/responses`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model, input: "hello" }),
  });
}
