import { existsSync, readFileSync } from "node:fs";
import { waitFor } from "@gateway/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { openTextExtractor, ProcessTextExtractor, type TextExtractorOptions } from "./open-text-extractor.ts";
import { makePdf } from "./samples/pdf.ts";
import { toSource } from "./samples/source.ts";

let extractor: ProcessTextExtractor;
let faults: string[];
const never = new AbortController().signal;

afterEach(() => extractor.close());

function open(options: TextExtractorOptions = {}): void {
  faults = [];
  extractor = new ProcessTextExtractor({ ...options, onFault: (message) => faults.push(message) });
}

function onlyPid(): number {
  expect(extractor.pids).toHaveLength(1);
  return extractor.pids[0] as number;
}

/** Whether a process runs; one that has ended and was not yet asked for is gone too. */
function runs(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

/** Sources that hold back the end of their content until they are told, and count how often they were opened. */
function heldSource(text: string) {
  const begun = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const held = { begun: begun.promise, go: go.resolve, opened: 0, letGo: false };
  const bytes = Buffer.from(text);
  const source = {
    filename: "a.txt",
    bytes: bytes.length,
    open: async () => {
      held.opened++;
      return (async function* () {
        try {
          yield bytes.subarray(0, 1);
          begun.resolve();
          await go.promise;
          yield bytes.subarray(1);
        } finally {
          held.letGo = true;
        }
      })();
    },
  };
  return { ...source, held };
}

/** A file that takes many seconds. */
const longFile = () => toSource("a.pdf", makePdf(Array.from({ length: 10_000 }, () => "page")));

describe("processes", () => {
  test("are started with the first file, used again, and ended when there is nothing to do", async () => {
    open({ idleMs: 200 });
    expect(extractor.pids).toEqual([]);
    await extractor.extract(toSource("a.txt", "one"), never);
    const pid = onlyPid();
    await extractor.extract(toSource("a.txt", "two"), never);
    expect(onlyPid()).toBe(pid);
    await waitFor(() => extractor.pids.length === 0, { what: "the idle process to end" });
    expect(runs(pid)).toBe(false);
    expect(await extractor.extract(toSource("a.txt", "three"), never)).toBe("three");
  });

  test("are as many as are asked for, and the files beyond wait", async () => {
    open({ processes: 2 });
    const first = [heldSource("one"), heldSource("two")];
    const later = Array.from({ length: 5 }, (_, n) => heldSource(`later ${n}`));
    const texts = [...first, ...later].map((source) => extractor.extract(source, never));
    await Promise.all(first.map((source) => source.held.begun));
    expect(extractor.pids).toHaveLength(2);
    expect(later.map((source) => source.held.opened)).toEqual([0, 0, 0, 0, 0]);
    for (const { held } of [...first, ...later]) held.go();
    expect(await Promise.all(texts)).toEqual(["one", "two", ...later.map((_, n) => `later ${n}`)]);
    expect(extractor.pids.length).toBeLessThanOrEqual(2);
  });

  test("have no environment and may read their program only", async () => {
    process.env.EXTRACTION_TEST_SECRET = "secret";
    try {
      open();
      await extractor.extract(toSource("a.txt", "one"), never);
    } finally {
      delete process.env.EXTRACTION_TEST_SECRET;
    }
    const environment = readFileSync(`/proc/${onlyPid()}/environ`, "latin1").split("\0").filter(Boolean);
    expect(environment.map((entry) => entry.split("=")[0]).sort()).toEqual([
      "NODE_CHANNEL_FD",
      "NODE_CHANNEL_SERIALIZATION_MODE",
    ]);
    const command = readFileSync(`/proc/${onlyPid()}/cmdline`, "utf8").split("\0");
    expect(command).toContain("--permission");
    expect(command.filter((flag) => /^--allow-(?!fs-read=|worker$)/.test(flag))).toEqual([]);
  });
});

describe("a crash", () => {
  test("while the file is sent is made good by a second try", async () => {
    open();
    const source = heldSource("whole text");
    const text = extractor.extract(source, never);
    await source.held.begun;
    const pid = onlyPid();
    process.kill(pid, "SIGKILL");
    await waitFor(() => !runs(pid), { what: "the process to end" });
    source.held.go();
    expect(await text).toBe("whole text");
    expect(source.held.opened).toBe(2);
    expect(faults).toEqual([expect.stringMatching(/once more/)]);
  });

  test("for the second time is the file's fault, and the next file gets a fresh process", async () => {
    open();
    const text = extractor.extract(longFile(), never);
    const refused = expect(text).rejects.toMatchObject({
      name: "ExtractionError",
      code: "invalid_file",
      message: expect.stringMatching(/crash/),
    });
    for (const nth of [1, 2]) {
      await waitFor(() => faults.length === nth - 1 && extractor.pids.length === 1, { what: "a process" });
      const pid = onlyPid();
      // Half a second of work: it has started, and reads the file.
      await waitFor(() => processorTicks(pid) > 50, { what: "the process to read" });
      process.kill(pid, "SIGSEGV");
      await waitFor(() => !runs(pid), { what: "the process to end" });
    }
    await refused;
    expect(faults).toHaveLength(2);
    expect(await extractor.extract(toSource("a.txt", "next"), never)).toBe("next");
  });

  test("of an idle process is not noticed by the next file", async () => {
    open();
    await extractor.extract(toSource("a.txt", "one"), never);
    const pid = onlyPid();
    process.kill(pid, "SIGKILL");
    await waitFor(() => !runs(pid), { what: "the process to end" });
    expect(await extractor.extract(toSource("a.txt", "two"), never)).toBe("two");
  });
});

describe("abort", () => {
  test("ends the process that works, and the next file gets another", async () => {
    open();
    await extractor.extract(toSource("a.txt", "one"), never);
    const pid = onlyPid();
    const abort = new AbortController();
    const text = extractor.extract(longFile(), abort.signal);
    const aborted = expect(text).rejects.toThrow("enough");
    const before = processorTicks(pid);
    await waitFor(() => processorTicks(pid) > before + 20, { what: "the process to work" });
    abort.abort(new Error("enough"));
    await aborted;
    await waitFor(() => !runs(pid), { what: "the process to end" });
    expect(await extractor.extract(toSource("a.txt", "two"), never)).toBe("two");
  });

  test("lets a source go that hangs", async () => {
    open();
    const source = heldSource("text");
    const abort = new AbortController();
    const text = extractor.extract(source, abort.signal);
    await source.held.begun;
    abort.abort(new Error("enough"));
    await expect(text).rejects.toThrow("enough");
    source.held.go();
    await waitFor(() => source.held.letGo, { what: "the source to be let go" });
  });

  test("takes a file out of the queue without opening it", async () => {
    open();
    const source = heldSource("one");
    const first = extractor.extract(source, never);
    await source.held.begun;
    const waiting = heldSource("two");
    const abort = new AbortController();
    const second = extractor.extract(waiting, abort.signal);
    abort.abort(new Error("enough"));
    await expect(second).rejects.toThrow("enough");
    source.held.go();
    expect(await first).toBe("one");
    expect(waiting.held.opened).toBe(0);
    await expect(extractor.extract(waiting, abort.signal)).rejects.toThrow("enough");
  });
});

describe("a source", () => {
  test.each([
    ["more", 3],
    ["fewer", 5],
  ])("with %s bytes than it says fails as our own fault", async (_, bytes) => {
    open();
    const text = extractor.extract({ ...toSource("a.txt", "four"), bytes }, never);
    await expect(text).rejects.toThrow(/said to have/);
    await expect(text).rejects.not.toMatchObject({ name: "ExtractionError" });
    expect(await extractor.extract(toSource("a.txt", "next"), never)).toBe("next");
  });

  test("that fails is thrown as it is", async () => {
    open();
    const failing = { filename: "a", bytes: 4, open: () => Promise.reject(new Error("no such object")) };
    await expect(extractor.extract(failing, never)).rejects.toThrow("no such object");
    expect(await extractor.extract(toSource("a.txt", "next"), never)).toBe("next");
  });
});

test("closing ends the processes and what runs and waits", async () => {
  open();
  const source = heldSource("one");
  const texts = [extractor.extract(source, never), extractor.extract(toSource("a.txt", "two"), never)];
  const results = Promise.allSettled(texts);
  await source.held.begun;
  const pid = onlyPid();
  await extractor.close();
  expect(runs(pid)).toBe(false);
  const closed = {
    status: "rejected",
    reason: expect.objectContaining({ message: "The text extractor is closed." }),
  };
  expect(await results).toEqual([closed, closed]);
  await expect(extractor.extract(source, never)).rejects.toThrow("closed");
});

test("settings out of range are refused by name", () => {
  expect(() => openTextExtractor({ processes: 0 })).toThrow(/processes is 0/);
  expect(() => openTextExtractor({ timeoutMs: 1.5 })).toThrow(/timeoutMs is 1.5/);
  expect(() => openTextExtractor({ memoryBytes: 1000 })).toThrow(/memoryBytes is 1000/);
});

/** The processor time a process has used (proc_pid_stat(5), utime), in ticks of 10 ms. */
function processorTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ");
  return Number(fields?.[11]);
}
