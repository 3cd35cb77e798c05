import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  cleanEnv,
  startChild,
  startGateway,
  startMcpServer,
  startScriptedBackend,
  type TempDir,
  tempDir,
  text,
  toolCalls,
  waitFor,
} from "@gateway/testkit";
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

/** Where a package is installed for one of ours. */
function findInstalled(name: string): string {
  const packages = join(app, "..", "..", "packages");
  const places = readdirSync(packages).map((owner) => join(packages, owner, "node_modules", name));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`${name} is installed for no package`);
  return realpathSync(found);
}

beforeAll(async () => {
  dir = tempDir();
  const { code, err } = await node(join(app, "scripts", "bundle.mjs"), dir.join("app"));
  if (code !== 0) throw new Error(err);
  // What is installed beside the bundle: what it says it needs, and nothing else.
  const { dependencies } = JSON.parse(readFileSync(dir.join("app", "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) {
    const link = dir.join("app", "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(findInstalled(name), link);
  }
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

  test("asks an MCP server, whose library is loaded when it is needed", async () => {
    await using server = await startMcpServer();
    await using gateway = await startGateway({
      entry: dir.join("app", "gateway.js"),
      config: { tools: { allow_private_networks: true } },
    });
    const answer = await fetch(`${gateway.http}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "demo",
        input: "hi",
        tools: [{ type: "mcp", server_label: "docs", server_url: server.url }],
        tool_choice: "auto",
      }),
    });
    expect(await answer.json()).toMatchObject({
      output: expect.arrayContaining([
        expect.objectContaining({
          type: "mcp_list_tools",
          tools: [expect.objectContaining({ name: "echo" })],
        }),
      ]),
    });
  });

  test("runs code, with what is installed beside it", { timeout: 60_000 }, async () => {
    const backend = await startScriptedBackend();
    try {
      await using gateway = await startGateway({
        entry: dir.join("app", "gateway.js"),
        config: {
          backends: { scripted: { url: backend.url } },
          tools: { code_interpreter: { enabled: true, prewarm: 0 } },
        },
      });
      backend.setDefault(({ body }) =>
        body.messages?.some(({ role }) => role === "tool") === true
          ? text("Done.")
          : toolCalls([{ name: "code_interpreter", arguments: { code: "6 * 7" } }]),
      );
      const answer = await fetch(`${gateway.http}/v1/responses`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          model: "scripted",
          input: "hi",
          tools: [{ type: "code_interpreter", container: { type: "auto" } }],
          include: ["code_interpreter_call.outputs"],
        }),
      });
      expect(await answer.json()).toMatchObject({
        status: "completed",
        output: [{ type: "code_interpreter_call", outputs: [{ type: "logs", logs: "42\n" }] }, {}],
      });
    } finally {
      await backend.stop();
    }
  });

  test("answers on a WebSocket", async () => {
    await using gateway = await startGateway({ entry: dir.join("app", "gateway.js") });
    const socket = new WebSocket(`${gateway.http.replace("http", "ws")}/v1/responses`);
    const completed = new Promise<string>((resolve, reject) => {
      socket.addEventListener("error", () => reject(new Error("refused")));
      socket.addEventListener("message", ({ data }) => {
        if (String(data).startsWith('{"type":"response.completed"')) resolve(String(data));
      });
    });
    socket.addEventListener("open", () =>
      socket.send(JSON.stringify({ type: "response.create", model: "demo", input: "hi" })),
    );
    expect(JSON.parse(await completed)).toMatchObject({ response: { status: "completed" } });
    socket.close();
  });

  test("takes a file in and finds it, with all that it runs beside itself", async () => {
    await using gateway = await startGateway({ entry: dir.join("app", "gateway.js") });
    const call = async (method: string, path: string, body?: FormData | object) => {
      const json = body === undefined || body instanceof FormData ? undefined : JSON.stringify(body);
      const response = await fetch(`${gateway.http}/v1${path}`, {
        method,
        ...(body instanceof FormData && { body }),
        ...(json !== undefined && { body: json, headers: { "content-type": "application/json" } }),
      });
      return (await response.json()) as {
        id: string;
        status: string;
        data: { content: { text: string }[] }[];
      };
    };
    const form = new FormData();
    form.set("purpose", "assistants");
    form.set("file", new File(["<h1>Tides</h1><p>The moon pulls the sea.</p>"], "tides.html"));
    const { id: file } = await call("POST", "/files", form);
    const { id: store } = await call("POST", "/vector_stores", { file_ids: [file] });
    const settled = async () => (await call("GET", `/vector_stores/${store}/files/${file}`)).status;
    await waitFor(async () => (await settled()) !== "in_progress", { what: "the file to be taken in" });
    expect(await settled()).toBe("completed");
    const { data } = await call("POST", `/vector_stores/${store}/search`, { query: "what moves the ocean?" });
    expect(data[0]?.content[0]?.text).toContain("The moon pulls the sea.");
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
    for (const name of ["hono", "undici", "zod", "pino", "drizzle-orm", "unpdf", "fflate", "@fastify/busboy"])
      expect(text).toMatch(new RegExp(`^${name} \\d`, "m"));
  });
});
