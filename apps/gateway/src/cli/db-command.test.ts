import { existsSync, writeFileSync } from "node:fs";
import { newId, toInitialResponse } from "@gateway/protocol";
import { openStore } from "@gateway/store";
import { type TempDir, tempDir, waitFor } from "@gateway/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { db } from "./db-command.ts";

let dir: TempDir;
beforeEach(() => {
  dir = tempDir();
});
afterEach(() => dir.remove());

async function run(env: Record<string, string>, ...args: string[]) {
  let out = "";
  let err = "";
  const code = await db(args, {
    env: { GATEWAY_STORE_PATH: "gateway.db", ...env },
    cwd: dir.path,
    print: (text) => {
      out += text;
    },
    say: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

describe("a database in use", () => {
  test("is verified and copied while responses, events, jobs and conversations are written and removed", async () => {
    const store = openStore({ path: dir.join("gateway.db"), checkpointIntervalMs: 5 });
    const written: string[] = [];
    const writing = new AbortController();
    const work = (async () => {
      while (!writing.signal.aborted) {
        const id = newId("resp");
        const response = toInitialResponse({ model: "m", input: [] }, id, written.length);
        const event = {
          type: "response.refusal.delta",
          item_id: "msg_1",
          output_index: 0,
          content_index: 0,
        } as const;
        const batch = (number: number) => [{ ...event, delta: "x".repeat(2000), sequence_number: number }];
        const record = { response, input: [] };
        await store.responses.begin("t", record, batch(0), { payload: { n: written.length } });
        await store.responses.append("t", id, batch(1));
        response.status = "completed";
        await store.responses.finish("t", record, batch(2));
        written.push(id);
        await store.retention.sweep({ responsesBefore: written.length - 50 });
      }
    })();
    try {
      await waitFor(() => written.length > 100, { what: "some responses" });
      const before = written.slice(-10);
      expect(await run({}, "check")).toEqual({ code: 0, out: "ok\n", err: "" });
      expect(await run({}, "backup", "copy.db")).toMatchObject({ code: 0, out: "" });
      writing.abort();
      await work;
      expect(await run({ GATEWAY_STORE_PATH: "copy.db" }, "check")).toMatchObject({ code: 0 });
      const copy = openStore({ path: dir.join("copy.db") });
      for (const id of before) {
        expect(await copy.responses.get("t", id)).toMatchObject({ response: { status: "completed" } });
        expect((await copy.responses.events("t", id, -1))?.events).toHaveLength(3);
      }
      expect(await copy.check("full")).toEqual({ ok: true, problems: [] });
      await copy.close();
    } finally {
      writing.abort();
      await work;
      await store.close();
    }
  });

  test("is verified and copied, and the copy is whole", async () => {
    const store = openStore({ path: dir.join("gateway.db") });
    try {
      await store.conversations.create(
        "t",
        { id: "conv_1", object: "conversation", created_at: 1, metadata: {} },
        [],
      );
      expect(await run({}, "check")).toEqual({ code: 0, out: "ok\n", err: "" });
      expect(await run({}, "backup", "copy.db")).toMatchObject({ code: 0, out: "" });
    } finally {
      await store.close();
    }
    const copy = openStore({ path: dir.join("copy.db") });
    expect(await copy.conversations.get("t", "conv_1")).toMatchObject({ id: "conv_1" });
    await copy.close();
  });

  test("is not copied over a file that exists", async () => {
    await openStore({ path: dir.join("gateway.db") }).close();
    writeFileSync(dir.join("copy.db"), "precious");
    await expect(run({}, "backup", "copy.db")).rejects.toThrow(/copy\.db/);
  });
});

test("a database that is not there is an error, and is not made", async () => {
  await expect(run({}, "check")).rejects.toThrow(/gateway\.db/);
  expect(existsSync(dir.join("gateway.db"))).toBe(false);
});

test("a database in memory cannot be read from outside", async () => {
  expect(await run({ GATEWAY_STORE_PATH: ":memory:" }, "check")).toMatchObject({
    code: 1,
    err: expect.stringContaining("in memory only"),
  });
});
