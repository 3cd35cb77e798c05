import { existsSync, readdirSync } from "node:fs";
import type { Files } from "@gateway/knowledge";
import { createSealer, loadServerKey, openStore } from "@gateway/store";
import { type TempDir, tempDir } from "@gateway/testkit";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openConfiguredKnowledge } from "./open-knowledge.ts";
import { createLogger } from "./telemetry/logger.ts";
import { loadTestConfig } from "./testing/test-config.ts";

const lines: string[] = [];
const log = await createLogger({
  level: "debug",
  format: "json",
  env: {},
  terminal: false,
  destination: { write: (line) => void lines.push(line) },
});

let dir: TempDir;
beforeEach(() => {
  dir = tempDir();
  lines.length = 0;
});
afterEach(() => {
  vi.unstubAllEnvs();
  dir.remove();
});

/** Runs `use` on the files of a configuration, and closes everything again. */
async function withFiles<T>(file: object, use: (files: Files) => Promise<T>): Promise<T> {
  const config = loadTestConfig(file);
  const { path } = config.store;
  const store = openStore({ path, seal: createSealer(...loadServerKey({ path })) });
  const opened = await openConfiguredKnowledge(config, store, log);
  opened.start();
  try {
    return await use(opened.knowledge.files);
  } finally {
    await opened.close();
    await store.close();
  }
}

async function keep(files: Files) {
  const content = await files.receive(ReadableStream.from([Buffer.from("hello")]));
  return files.create("t", { filename: "a.txt", purpose: "assistants" }, content);
}

describe("files and what is known from them", () => {
  test("are beside the database where nothing is said, and there again the next time", async () => {
    const settings = { store: { path: dir.join("data", "gateway.db") } };
    const { id } = await withFiles(settings, keep);
    expect(readdirSync(dir.join("data"))).toEqual(expect.arrayContaining(["files", "gateway.db"]));
    // Nobody has put anything into a vector store.
    expect(existsSync(dir.join("data", "gateway-index.db"))).toBe(false);
    const text = await withFiles(settings, async (files) =>
      new Response((await files.content("t", id)).body).text(),
    );
    expect(text).toBe("hello");
    expect(lines).toEqual([]);
  });

  test("are where the configuration says", async () => {
    const elsewhere = dir.join("elsewhere");
    await withFiles({ store: { path: dir.join("data", "gateway.db"), files: { dir: elsewhere } } }, keep);
    expect(readdirSync(elsewhere)).not.toEqual([]);
    expect(existsSync(dir.join("data", "files"))).toBe(false);
  });

  test("of a store in memory are in a temporary directory, which goes at the end", async () => {
    vi.stubEnv("TMPDIR", dir.path);
    const during = await withFiles({ store: { path: ":memory:" } }, async (files) => {
      await keep(files);
      return readdirSync(dir.path);
    });
    expect(during).toContainEqual(expect.stringMatching(/^gateway-files-/));
    expect(readdirSync(dir.path)).toEqual([]);
  });

  test.for([
    ["max_bytes", { max_bytes: 4 }],
    ["quota_files", { quota_files: 0 }],
    ["quota_bytes", { quota_bytes: "4B" }],
  ] as const)("have the limits of the configuration: %s", async ([, limit]) => {
    const kept = withFiles({ store: { path: ":memory:", files: limit } }, keep);
    await expect(kept).rejects.toMatchObject({ status: 413 });
  });
});
