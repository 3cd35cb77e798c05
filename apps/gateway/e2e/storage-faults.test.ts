import { execFileSync } from "node:child_process";
import { closeSync, fstatSync, openSync, readSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ResponseEvent } from "@gateway/protocol";
import { checkStream } from "@gateway/protocol/grammar";
import {
  contentChunk,
  done,
  finishChunk,
  type GatewayProcess,
  gate,
  readSse,
  roleChunk,
  type ScriptedBackend,
  startGateway,
  startScriptedBackend,
  tempDir,
  text,
  waitFor,
} from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { post } from "./post.ts";

const ask = { model: "scripted", input: "hi" };
let backend: ScriptedBackend;
beforeAll(async () => {
  backend = await startScriptedBackend();
});
afterAll(() => backend.stop());

/** A gateway on the scripted backend, and the place of its database. */
async function start(options: { cwd?: string; nodeArgs?: string[]; retention?: object } = {}) {
  backend.setDefault(text("fine"));
  const cwd = options.cwd ?? tempDir().path;
  const gateway = await startGateway({
    cwd,
    nodeArgs: options.nodeArgs ?? [],
    config: {
      backends: { scripted: { url: backend.url } },
      store: { path: join(cwd, "gateway.db"), retention: options.retention ?? {} },
      log: { level: "info", format: "json" },
    },
  });
  onTestFinished(() => gateway.stop());
  return { gateway, cwd, database: join(cwd, "gateway.db") };
}

const readiness = async ({ http }: GatewayProcess) => (await fetch(`${http}/health/ready`)).status;
const becomesReady = (gateway: GatewayProcess) =>
  waitFor(async () => (await readiness(gateway)) === 200, { what: "the gateway to be ready again" });
const find = async ({ http }: GatewayProcess, id: string) => {
  const response = await fetch(`${http}/v1/responses/${id}`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

/** Stores a response and gives its id. */
async function store({ http }: GatewayProcess, more: object = {}): Promise<string> {
  const response = await post(http, { ...ask, ...more });
  expect(response.status).toBe(200);
  return ((await response.json()) as { id: string }).id;
}

/** What a client is told: whose fault it is, and nothing of the inside. */
async function expectStorageError(response: Response, cwd: string): Promise<void> {
  expect(response.status).toBe(500);
  const body = await response.text();
  expect(JSON.parse(body)).toMatchObject({ error: { type: "server_error", code: "storage_error" } });
  expect(body).not.toContain(cwd);
  expect(body).not.toMatch(/sqlite|\.db/i);
}

/** Begins a stream whose model stops after its first word until `release`; `rest` reads on to the end. */
async function openStream({ http }: GatewayProcess) {
  const hold = gate();
  backend.enqueue([roleChunk(), contentChunk("Hel"), hold, contentChunk("lo"), finishChunk("stop"), done()]);
  const response = await post(http, { ...ask, stream: true });
  expect(response.status).toBe(200);
  const frames = readSse(response)[Symbol.asyncIterator]();
  const events: ResponseEvent[] = [];
  const next = async (): Promise<boolean> => {
    const { value, done: ended } = await frames.next();
    if (ended || value.data === "[DONE]") return false;
    events.push(JSON.parse(value.data) as ResponseEvent);
    return true;
  };
  while (events.at(-1)?.type !== "response.output_text.delta")
    if (!(await next())) throw new Error("too short");
  return {
    events,
    id: (events[0] as { response: { id: string } }).response.id,
    release: () => hold.open(),
    async rest() {
      while (await next());
      checkStream(events);
      return events.at(-1);
    },
  };
}

/** Limits how large any file may become that a process writes; undefined is no limit. */
function limitFiles({ pid }: GatewayProcess, bytes?: number): void {
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes ?? "unlimited"}:`]);
}

describe("when nothing more can be written to the disk", () => {
  test("streams fail, requests are a 500, what is stored stays, and all is well when that is over", async () => {
    const { gateway, cwd } = await start();
    const before = await store(gateway);
    const stream = await openStream(gateway);
    limitFiles(gateway, 1);
    stream.release();
    expect(await stream.rest()).toMatchObject({
      type: "response.failed",
      response: { status: "failed", error: { code: "storage_error" } },
    });
    await expectStorageError(await post(gateway.http, ask), cwd);
    const asked = backend.requests.length;
    await expectStorageError(await post(gateway.http, { ...ask, background: true }), cwd);
    await expectStorageError(await post(gateway.http, { ...ask, stream: true }), cwd);
    await expectStorageError(
      await fetch(`${gateway.http}/v1/responses/${before}`, { method: "DELETE" }),
      cwd,
    );
    expect(backend.requests.length).toBeLessThanOrEqual(asked + 1);
    expect(await readiness(gateway)).toBe(503);
    expect(await find(gateway, before)).toMatchObject({ status: 200, body: { status: "completed" } });
    // Whoever does not want anything stored is served.
    expect((await post(gateway.http, { ...ask, store: false })).status).toBe(200);

    limitFiles(gateway);
    await becomesReady(gateway);
    const after = await store(gateway, { previous_response_id: before });
    expect(await find(gateway, after)).toMatchObject({ status: 200, body: { status: "completed" } });
    // It is there as it was when the disk was full: no part of what came later.
    const cut = await find(gateway, stream.id);
    expect(cut).toMatchObject({ status: 200, body: { output: [] } });
    expect(["in_progress", "failed"]).toContain(cut.body.status);
    await gateway.stop();
    const next = await start({ cwd });
    expect(await find(next.gateway, stream.id)).toMatchObject({ status: 200, body: { status: "failed" } });
    expect(await find(next.gateway, after)).toMatchObject({ status: 200, body: { status: "completed" } });
  });
});

describe("when another process has locked the database", () => {
  test("requests wait for a short transaction; a long one is a 500, and then it is over", async () => {
    const { gateway, cwd, database } = await start();
    const before = await store(gateway);
    const other = new DatabaseSync(database);
    onTestFinished(() => other.close());
    other.exec("BEGIN IMMEDIATE");
    const asked = backend.requests.length;
    const short = post(gateway.http, ask);
    await waitFor(() => backend.requests.length > asked, { what: "the model to be asked" });
    expect(await find(gateway, before)).toMatchObject({ status: 200 });
    other.exec("COMMIT");
    expect((await short).status).toBe(200);

    other.exec("BEGIN IMMEDIATE; UPDATE responses SET created_at = created_at");
    await Promise.all([
      post(gateway.http, ask).then((response) => expectStorageError(response, cwd)),
      readiness(gateway).then((status) => expect(status).toBe(503)),
    ]);
    expect(await find(gateway, before)).toMatchObject({ status: 200 });
    other.exec("ROLLBACK");
    await becomesReady(gateway);
    await store(gateway, { previous_response_id: before });
  });
});

test("a damaged page is a 500 for whoever needs it and not ready, until it is whole again", async () => {
  const first = await start();
  const ids = await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      store(first.gateway, { instructions: `${n} ${"x".repeat(30_000)}` }),
    ),
  );
  await first.gateway.stop();
  const { gateway, cwd, database } = await start({ cwd: first.cwd });
  expect(await readiness(gateway)).toBe(200);
  const file = openSync(database, "r+");
  onTestFinished(() => closeSync(file));
  const middle = Math.floor(fstatSync(file).size / 4096 / 2) * 4096;
  const whole = Buffer.alloc(12 * 4096);
  readSync(file, whole, 0, whole.length, middle);
  writeSync(file, Buffer.alloc(whole.length, 0x55), 0, whole.length, middle);
  const found = await Promise.all(ids.map((id) => fetch(`${gateway.http}/v1/responses/${id}`)));
  const failed = found.filter(({ status }) => status !== 200);
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.length).toBeLessThan(20);
  for (const response of failed) await expectStorageError(response, cwd);
  expect(await readiness(gateway)).toBe(503);
  writeSync(file, whole, 0, whole.length, middle);
  await becomesReady(gateway);
  for (const id of ids) expect(await find(gateway, id)).toMatchObject({ status: 200 });
});

test("a database that was moved away is not written to; it is when it is back", async () => {
  const { gateway, cwd, database } = await start();
  const before = await store(gateway);
  const stream = await openStream(gateway);
  renameSync(database, `${database}.moved`);
  stream.release();
  expect(await stream.rest()).toMatchObject({ type: "response.failed" });
  await expectStorageError(await post(gateway.http, ask), cwd);
  expect(await readiness(gateway)).toBe(503);
  expect(await find(gateway, before)).toMatchObject({ status: 200 });
  renameSync(`${database}.moved`, database);
  expect(await readiness(gateway)).toBe(200);
  await store(gateway, { previous_response_id: before });
});

/** Preloaded into the gateway: on SIGUSR2 its time of day is set to what a file says. */
const settableClock = (file: string) => `
  import { readFileSync } from "node:fs";
  const real = Date.now;
  let offset = 0;
  Date.now = () => real() + offset;
  process.on("SIGUSR2", () => { offset = Number(readFileSync(${JSON.stringify(file)}, "utf8")); });`;

test("a clock that jumps a day, forwards and back, loses nothing and stops nothing", async () => {
  const dir = tempDir();
  const [offset, preload] = [dir.join("offset"), dir.join("clock.mjs")];
  writeFileSync(preload, settableClock(offset));
  const { gateway } = await start({
    nodeArgs: ["--import", preload],
    retention: { responses: "1h", conversations: "1h", events: "1h", interval: "20ms" },
  });
  const ids = [await store(gateway)];
  const conversation = (await (
    await fetch(`${gateway.http}/v1/conversations`, {
      method: "POST",
      body: "{}",
      headers: { "content-type": "application/json" },
    })
  ).json()) as { id: string };
  const warnings = () => gateway.logs().filter(({ msg }) => msg?.includes("the clock was set")).length;
  for (const days of [1, 0, -1, 0]) {
    writeFileSync(offset, String(days * 86_400_000));
    process.kill(gateway.pid, "SIGUSR2");
    const seconds = Math.floor(Date.now() / 1000) + days * 86_400;
    const id = await waitFor(
      async () => {
        const id = await store(gateway, { conversation: conversation.id });
        const { created_at } = (await find(gateway, id)).body as { created_at: number };
        ids.push(id);
        return Math.abs(created_at - seconds) < 3600 && id;
      },
      { what: "the clock to be set" },
    );
    const queued = await store(gateway, { background: true, previous_response_id: id });
    ids.push(queued);
    await waitFor(async () => (await find(gateway, queued)).body.status === "completed", { what: "the job" });
    await waitFor(() => warnings() > 0, { what: "a sweep to see the clock" });
    expect(await readiness(gateway)).toBe(200);
  }
  for (const id of ids) expect(await find(gateway, id)).toMatchObject({ status: 200 });
  const items = await fetch(`${gateway.http}/v1/conversations/${conversation.id}/items`);
  expect(((await items.json()) as { data: unknown[] }).data.length).toBeGreaterThan(4);
});
