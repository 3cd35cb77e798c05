import { fileURLToPath } from "node:url";
import { cleanEnv, startChild, tempDir, waitFor } from "@gateway/testkit";
import { describe, expect, test } from "vitest";
import { openSearchIndex } from "./index.ts";
import { sampleQuery } from "./testing/add-document.ts";

const program = fileURLToPath(new URL("./testing/crash-writer.ts", import.meta.url));

describe("a process that is killed while it writes", () => {
  test("leaves an index in which all documents that were sealed are found, whole, and no other", async () => {
    using folder = tempDir();
    const path = folder.join("index.db");
    const problems: Error[] = [];
    const sealed = new Set<number>();
    const removed = new Set<number>();
    for (let run = 0; run < 4; run++) {
      const child = await startChild({
        command: process.execPath,
        args: [program, path, String(run * 1000 + 1)],
        env: cleanEnv(),
      });
      const lines = (): string[] => child.stdout().split("\n").slice(0, -1);
      await waitFor(() => lines().length > 12 + run * 7 || child.hasExited(), { what: "documents" });
      expect(child.stderr()).toBe("");
      await child.end("SIGKILL");
      for (const line of lines()) {
        const [what, document] = line.split(" ");
        (what === "sealed" ? sealed : removed).add(Number(document));
      }

      const index = openSearchIndex({ path, onProblem: (problem) => problems.push(problem) });
      const there = await index.documents(0, 100_000);
      // The last seal or removal may have been done and not yet told.
      const expected = [...sealed].filter((document) => !removed.has(document));
      const last = Math.max(...sealed);
      expect(there.filter((document) => document <= last).length).toBeGreaterThanOrEqual(expected.length - 1);
      expect(there.filter((document) => removed.has(document))).toEqual([]);
      expect(there.filter((document) => !sealed.has(document)).length).toBeLessThanOrEqual(1);
      for (const document of there) {
        expect(await index.text(document)).toBe(`document${document} has part0. part1. part2. `);
      }
      const hits = await index.search(sampleQuery({ text: "part0", vector: [1, 0] }, { limit: 5000 }));
      expect(hits).toHaveLength(there.length * 3);
      expect(new Set(hits.map(({ document }) => document))).toEqual(new Set(there));
      // A document that was being written can be begun again.
      await index.begin({ document: last + 1, store: 1, attributes: {}, model: "m" });
      await index.remove([last + 1]);
      await index.close();
      for (const document of sealed) if (!there.includes(document)) sealed.delete(document);
      for (const document of there) sealed.add(document);
      sealed.delete(last + 1);
    }
    expect(problems).toEqual([]);
  });
});
