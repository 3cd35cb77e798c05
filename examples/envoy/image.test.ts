import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
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
    "examples/envoy/collect-packages.ts",
    "packages",
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
    // `node` is the image's there: the one that runs this.
    env: cleanEnv({ PATH: `${dirname(process.execPath)}:${process.env.PATH}` }),
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

  test("holds the bundle, the packages it names and what they need, and no links to anything else", () => {
    const names = readdirSync(app);
    for (const name of [
      "gateway.js",
      "extract-process.js",
      "embed-process.js",
      "index-thread.js",
      "chunk-thread.js",
    ])
      expect(names).toContain(name);
    const { dependencies } = JSON.parse(readFileSync(join(app, "package.json"), "utf8"));
    const versions = Object.keys(dependencies).map((name) => {
      const manifest = readFileSync(join(app, "node_modules", name, "package.json"), "utf8");
      return [name, JSON.parse(manifest).version];
    });
    expect(Object.fromEntries(versions)).toEqual(dependencies);
    const links = readdirSync(app, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isSymbolicLink(),
    );
    expect(links).toEqual([]);
  });

  test("answers with nothing else in it", async () => {
    const health = await fetch(`${gateway.http}/health`);
    expect(health.status).toBe(200);
    const response = await create(gateway, "scripted");
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      status: "completed",
      output: [{ type: "message", content: [{ type: "output_text", text: "from the image" }] }],
    });
  });

  test("takes in a PDF and finds what it says", { timeout: 60_000 }, async () => {
    const form = new FormData();
    form.set("purpose", "user_data");
    form.set("file", new File([makePdf("The night porter is called Mr. Alba.")], "house.pdf"));
    const file = await answerOf(gateway, "/v1/files", { body: form });
    const store = await answerOf(gateway, "/v1/vector_stores", json({ file_ids: [file.id] }));
    const taken = () => answerOf(gateway, `/v1/vector_stores/${store.id}/files/${file.id}`);
    await expect
      .poll(taken, { timeout: 50_000 })
      .toMatchObject({ status: expect.not.stringMatching("in_progress") });
    expect(await taken()).toMatchObject({ status: "completed", last_error: null });
    const query = json({ query: "Who watches the house at night?", ranking_options: { ranker: "none" } });
    const { data } = await answerOf(gateway, `/v1/vector_stores/${store.id}/search`, query);
    expect(data).toEqual([
      expect.objectContaining({
        filename: "house.pdf",
        score: expect.toSatisfy((score: number) => score > 0 && score < 1),
        content: [{ type: "text", text: "The night porter is called Mr. Alba." }],
      }),
    ]);
  });

  test("keeps its data where only its user can read it", () => {
    const modeOf = (...path: string[]) => statSync(dir.join("data", ...path)).mode & 0o777;
    expect(modeOf()).toBe(0o700);
    for (const name of ["gateway.db", "gateway-index.db", "gateway.db-key"]) expect(modeOf(name)).toBe(0o600);
    expect(modeOf("files")).toBe(0o700);
    expect(readFileSync(dir.join("data", "gateway.db")).length).toBeGreaterThan(0);
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
  return fetch(`${http}/v1/responses`, { method: "POST", ...json({ model, input: "hello" }) });
}

function json(body: object) {
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** Gets, or where there is a body posts; the answer must be a 200. */
async function answerOf({ http }: GatewayProcess, path: string, init: RequestInit = {}) {
  const response = await fetch(`${http}${path}`, { method: init.body ? "POST" : "GET", ...init });
  const answer = await response.json();
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return answer;
}

/** A PDF of one page with one line, in ASCII (ISO 32000-1, 7.5). */
function makePdf(line: string): Uint8Array<ArrayBuffer> {
  const content = `BT /F1 12 Tf 72 720 Td (${line}) Tj ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 4 0 R >> >> /Contents 5 0 R >>",
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
  ];
  let pdf = "%PDF-1.7\n";
  let table = "0000000000 65535 f \n";
  for (const [index, object] of objects.entries()) {
    table += `${String(pdf.length).padStart(10, "0")} 00000 n \n`;
    pdf += `${index + 1} 0 obj\n${object}\nendobj\n`;
  }
  const end = `xref\n0 6\n${table}trailer << /Size 6 /Root 1 0 R >>\nstartxref\n${pdf.length}\n%%EOF\n`;
  return new TextEncoder().encode(pdf + end);
}
