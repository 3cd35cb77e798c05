import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { toStreamingFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { doorNames } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "./knowledge-doors.ts";

const mebibyte = 1024 * 1024;
const size = 200 * mebibyte;

describe.for(doorNames)("a file of 200 MiB through %s", (door) => {
  let doors: KnowledgeDoors;
  beforeAll(async () => {
    doors = await startKnowledge();
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  test("is taken and given back as it comes: the gateway holds little of it", {
    timeout: 60_000,
  }, async () => {
    const client = doors.client(door);
    // The first request loads what requests need.
    await client.files.list();
    const endWatch = watchMemory(doors.gateway.pid);
    const sent = createHash("sha256");
    const file = await client.files.create({
      file: toStreamingFile(madeUp(sent), "large.bin"),
      purpose: "user_data",
    });
    expect(file.bytes).toBe(size);

    const received = createHash("sha256");
    let bytes = 0;
    const { body } = await client.files.content(file.id);
    if (body === null) throw new Error("no content");
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      received.update(chunk);
    }
    const { idle, peak } = endWatch();
    expect(bytes).toBe(size);
    expect(received.digest("hex")).toBe(sent.digest("hex"));
    expect(peak - idle).toBeLessThan(120);
  });
});

/** 200 MiB in pieces of 256 KiB, each made when it is asked for and no two alike. */
async function* madeUp(hash: ReturnType<typeof createHash>): AsyncGenerator<Uint8Array> {
  const piece = 256 * 1024;
  for (let at = 0; at < size; at += piece) {
    const bytes = Buffer.alloc(piece, `piece ${at / piece} of the file; `);
    hash.update(bytes);
    yield bytes;
  }
}

/** Looks at a process's resident memory, in MiB, twenty times a second. */
function watchMemory(pid: number): () => { idle: number; peak: number } {
  const idle = residentMemory(pid);
  let peak = idle;
  const timer = setInterval(() => {
    peak = Math.max(peak, residentMemory(pid));
  }, 50);
  return () => {
    clearInterval(timer);
    return { idle, peak };
  };
}

/** 0 where the system has no /proc (proc(5)): there the test is about the bytes alone. */
function residentMemory(pid: number): number {
  const path = `/proc/${pid}/status`;
  if (!existsSync(path)) return 0;
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(path, "utf8")) ?? [];
  return Number(kibibytes) / 1024;
}
