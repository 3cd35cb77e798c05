import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApiError } from "@gateway/protocol";
import { waitFor } from "@gateway/testkit";
import { afterAll, describe, expect, test } from "vitest";
import { type EmbeddedEmbedderOptions, openEmbeddedEmbedder } from "./embedded-embedder.ts";

const never = new AbortController().signal;
/** About 800 tokens, none of which says much. */
const filler = Array.from(
  { length: 60 },
  (_, at) => `In room ${at} a clerk copies the list of the day.`,
).join(" ");

const shared = openEmbeddedEmbedder();
afterAll(() => shared.close());

/** Runs a body with an embedder of its own and the faults it told of. */
async function withEmbedder(
  options: EmbeddedEmbedderOptions,
  body: (embedder: ReturnType<typeof openEmbeddedEmbedder>, faults: ApiError[]) => Promise<void>,
) {
  const faults: ApiError[] = [];
  const embedder = openEmbeddedEmbedder({ onFault: (fault) => faults.push(fault), ...options });
  try {
    await body(embedder, faults);
  } finally {
    await embedder.close();
  }
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

function dot(a: Float32Array | undefined, b: Float32Array | undefined): number {
  if (a === undefined || b === undefined) throw new Error("A vector is missing.");
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? Number.NaN), 0);
}

describe("the vectors", () => {
  test("are 512 numbers of unit length, the same each time and in any company", async () => {
    const texts = ["The cat sat on the mat.", "Interest rates rose again in March.", ""];
    const first = await shared.embed(texts, "document", never);
    const again = await shared.embed([...texts].reverse(), "query", never);
    expect(first.map((vector) => vector.length)).toEqual([512, 512, 512]);
    for (const [at, vector] of first.entries()) {
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
      expect(dot(vector, again[2 - at])).toBeCloseTo(1, 5);
    }
    expect(await shared.embed(texts, "document", never)).toEqual(first);
  });

  test.each([
    [
      "How do I get my money back?",
      "Refunds are paid within ten days after a return.",
      "The violin has four strings.",
    ],
    [
      "Which organ cleans the blood?",
      "The kidneys filter waste out of the blood.",
      "A binary search halves the array.",
    ],
    ["tallest peak on earth", "Mount Everest is the highest mountain.", "Tomatoes need six hours of sun."],
  ])("of '%s' are closer to what answers it", async (question, answer, other) => {
    const [query] = await shared.embed([question], "query", never);
    const [near, far] = await shared.embed([answer, other], "document", never);
    expect(dot(query, near)).toBeGreaterThan(dot(query, far) + 0.1);
  });

  test("take the end of a long text into account, and what kind of end it is", async () => {
    const endings = ["Penguins swim in the sea.", "The central bank raised interest rates."];
    const [penguins, banks] = await shared.embed(
      endings.map((ending) => `${filler} ${ending.repeat(6)}`),
      "document",
      never,
    );
    const [animals] = await shared.embed(["Birds of the ocean"], "query", never);
    expect(dot(penguins, banks)).toBeLessThan(0.999);
    expect(dot(animals, penguins)).toBeGreaterThan(dot(animals, banks));
  });

  test("do not depend on line breaks and repeated spaces", async () => {
    const [plain, broken] = await shared.embed(
      ["one two three four", " one\ntwo\r\n\tthree  four "],
      "document",
      never,
    );
    expect(dot(plain, broken)).toBeCloseTo(1, 5);
  });

  test("come for 200 texts in order", async () => {
    const texts = Array.from({ length: 200 }, (_, at) => `Note ${at} of the harbour master.`);
    const vectors = await shared.embed(texts, "document", never);
    const [probe] = await shared.embed([texts[137] ?? ""], "query", never);
    expect(vectors).toHaveLength(200);
    const scores = vectors.map((vector) => dot(probe, vector));
    expect(scores.indexOf(Math.max(...scores))).toBe(137);
  });

  test("come for emoji, other scripts, cut pairs and one endless word", async () => {
    const texts = ["😀😀", "これは日本語です", "\ud83d", "a".repeat(5_000), "\u0000"];
    for (const vector of await shared.embed(texts, "document", never)) {
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    }
  });
});

test("a query and a short text overtake a long batch", async () => {
  const order: string[] = [];
  const batch = shared.embed([filler, filler, filler], "document", never).then(() => order.push("batch"));
  await Promise.all([
    shared.embed(["where is it"], "query", never).then(() => order.push("query")),
    shared.embed(["a short note"], "document", never).then(() => order.push("note")),
  ]);
  await batch;
  expect(order).toEqual(["query", "note", "batch"]);
});

test("a process that is killed in the middle of a call is replaced and the call is answered", async () => {
  await withEmbedder({}, async (embedder, faults) => {
    const expected = await shared.embed([filler, "last"], "document", never);
    await embedder.embed(["warm"], "query", never);
    const first = embedder.pid ?? 0;
    const call = embedder.embed([filler, "last"], "document", never);
    process.kill(first, "SIGKILL");
    const vectors = await call;
    expect(vectors.map((vector, at) => dot(vector, expected[at]))).toEqual([
      expect.closeTo(1, 5),
      expect.closeTo(1, 5),
    ]);
    expect(embedder.pid).not.toBe(first);
    expect(faults.map(({ message }) => message)).toEqual([expect.stringContaining("SIGKILL")]);
  });
});

test("a call under which two processes die is given up, and the next one works", async () => {
  await withEmbedder({}, async (embedder) => {
    const call = embedder.embed(Array(20).fill(filler), "document", never);
    const outcome = expect(call).rejects.toMatchObject({ status: 500, code: "embedding_failed" });
    const first = embedder.pid ?? 0;
    process.kill(first, "SIGKILL");
    const second = await waitFor(() => (embedder.pid === first ? undefined : embedder.pid), {
      what: "the second process",
    });
    process.kill(second, "SIGKILL");
    await outcome;
    expect(await embedder.embed(["still there"], "query", never)).toHaveLength(1);
  });
});

test("a process that hangs is ended, and another one answers the call", async () => {
  await withEmbedder({ timeoutMs: 4_000 }, async (embedder, faults) => {
    await embedder.embed(["warm"], "query", never);
    const first = embedder.pid ?? 0;
    process.kill(first, "SIGSTOP");
    expect(await embedder.embed(["hello"], "query", never)).toHaveLength(1);
    await waitFor(() => !isAlive(first), { what: "the end of the process that hung" });
    expect(faults[0]?.message).toContain("gave no sign for 4 s");
  });
});

test("a model that cannot be loaded is told with the next step, and tried again for the next call", async () => {
  const dir = await mkdtemp(join(tmpdir(), "embed-process-"));
  const processFile = join(dir, "broken.mjs");
  await writeFile(
    processFile,
    `process.send({ type: "failed", message: "no package" }); setInterval(() => {}, 9e6);`,
  );
  await withEmbedder({ processFile }, async (embedder, faults) => {
    for (let call = 1; call <= 2; call++) {
      await expect(embedder.embed(["a"], "document", never)).rejects.toMatchObject({
        code: "embedding_failed",
        message: expect.stringMatching(/cannot be loaded: no package\. .*'embeddings'/),
      });
      expect(faults).toHaveLength(call);
      expect(embedder.pid).toBeUndefined();
    }
  });
  await rm(dir, { recursive: true });
});

test("a program that is missing is told after two tries", async () => {
  await withEmbedder({ processFile: join(tmpdir(), "no-such-dir", "none.js") }, async (embedder, faults) => {
    await expect(embedder.embed(["a"], "document", never)).rejects.toMatchObject({
      code: "embedding_failed",
    });
    expect(faults).toHaveLength(2);
  });
});

test("an idle process is ended and another one started for the next call", async () => {
  await withEmbedder({ idleMs: 50 }, async (embedder, faults) => {
    const [before] = await embedder.embed(["hello"], "query", never);
    const first = embedder.pid ?? 0;
    await waitFor(() => embedder.pid === undefined && !isAlive(first), {
      what: "the end of the idle process",
    });
    const [after] = await embedder.embed(["hello"], "query", never);
    expect(after).toEqual(before);
    expect(faults).toEqual([]);
  });
});

test("no process runs before the first call, nor for no texts", async () => {
  await withEmbedder({}, async (embedder) => {
    expect(await embedder.embed([], "document", never)).toEqual([]);
    expect(embedder.pid).toBeUndefined();
  });
});

test("an aborted call ends at once and the process goes on with others", async () => {
  await withEmbedder({}, async (embedder, faults) => {
    await embedder.embed(["warm"], "query", never);
    const pid = embedder.pid;
    const controller = new AbortController();
    const reason = new Error("not wanted");
    const call = embedder.embed(Array(100).fill(filler), "document", controller.signal);
    const outcome = expect(call).rejects.toBe(reason);
    controller.abort(reason);
    await outcome;
    // Were the 100 texts still worked on, this would outlast the test.
    expect(await embedder.embed([filler], "document", never)).toHaveLength(1);
    expect(embedder.pid).toBe(pid);
    expect(faults).toEqual([]);
  });
});

test("closing ends the calls under way and the process", async () => {
  const embedder = openEmbeddedEmbedder();
  await embedder.embed(["warm"], "query", never);
  const pid = embedder.pid ?? 0;
  const outcome = expect(embedder.embed([filler], "document", never)).rejects.toBeInstanceOf(ApiError);
  await embedder.close();
  await outcome;
  expect(isAlive(pid)).toBe(false);
  await embedder.close();
});

test("a program that never closes its embedder still ends by itself, and the process with it", async () => {
  const module = new URL("./index.ts", import.meta.url).href;
  const program = `
    import { openEmbeddedEmbedder } from ${JSON.stringify(module)};
    const embedder = openEmbeddedEmbedder();
    await embedder.embed(["hello"], "query", new AbortController().signal);
    console.log(embedder.pid);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = await once(child, "close");
  expect(code).toBe(0);
  const pid = Number(said);
  expect(pid).toBeGreaterThan(0);
  await waitFor(() => !isAlive(pid), { what: "the end of the process of the model" });
});
