import { readFile } from "node:fs/promises";
import { describeWith, runPython } from "@gateway/testkit";
import { beforeAll, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { startKnowledge } from "./knowledge-doors.ts";
import { searching } from "./scripted-search.ts";

const answer = {
  status: "completed",
  queries: ["otters swim"],
  results: ["otters.md"],
  text: "They swim.",
  cited: [["otters.md", 9]],
  tokens: 30,
};

/** What `python/knowledge.py` has to report. */
const expected = {
  files: {
    names: ["Übersicht.txt", "Übersicht.txt", "b.txt"],
    equal: [true, true],
    upload: "completed",
    listed: ["Übersicht.txt", "Übersicht.txt", "b.txt"],
    deleted: true,
    gone: ["NotFoundError", "file_id"],
  },
  stores: {
    single: ["completed", { wet: true }],
    batch: ["completed", 2],
    counts: 3,
    found: ["otters.md"],
    listed: 3,
    gone: ["NotFoundError", "vector_store_id"],
  },
  searches: {
    whole: answer,
    streamed: answer,
    asynchronously: { ...answer, results: [] },
    retrieved: answer,
    hidden: [],
    events: [
      "response.file_search_call.in_progress",
      "response.file_search_call.searching",
      "response.file_search_call.completed",
      "response.output_text.annotation.added",
    ],
    missing: ["NotFoundError", "tools[0].vector_store_ids[0]"],
  },
};

describeWith("openai-python", "files and searches by the official Python client", () => {
  describe.for(oneDoor)("through %s", (door) => {
    let report: Record<string, unknown>;
    beforeAll(async () => {
      await using doors = await startKnowledge();
      doors.backend.setDefault(searching({ searches: [["otters swim"]], answer: "They swim 【1】." }));
      const script = await readFile(new URL("python/knowledge.py", import.meta.url), "utf8");
      const { stdout, stderr, code } = await runPython(script, {
        env: { OPENAI_BASE_URL: doors.url(door), OPENAI_API_KEY: "none" },
      });
      if (code !== 0) throw new Error(`knowledge.py ended with ${code}\n${stderr}`);
      report = JSON.parse(stdout);
    });

    test.for(Object.entries(expected))("%s", ([part, facts]) => {
      expect(report[part]).toEqual(facts);
    });
  });
});
