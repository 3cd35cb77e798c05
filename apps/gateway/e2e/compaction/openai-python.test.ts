import { readFile } from "node:fs/promises";
import { describeWith, runPython } from "@gateway/testkit";
import { beforeAll, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { startKnowledge } from "../knowledge/knowledge-doors.ts";
import { notingModel } from "./noting-model.ts";

const answer = "2 messages, the last: user: What is my name?";

/** What `python/compaction.py` has to report. */
const expected = {
  endpoint: {
    object: "response.compaction",
    types: ["message", "message", "compaction"],
    tokens: 57,
    answer: "5 messages, the last: user: Thanks.",
    again: ["message", "message", "message", "compaction"],
  },
  inside: {
    whole: ["compaction", "message"],
    streamed: ["compaction", "message"],
    events: ["response.output_item.added", "response.compaction.compacting", "response.output_item.done"],
    text: [answer, answer],
    stateless: "4 messages, the last: user: Thanks.",
  },
  trigger: { types: ["compaction"], refused: [422, "input[0]"] },
};

describeWith("openai-python", "compaction by the official Python client", () => {
  describe.for(oneDoor)("through %s", (door) => {
    let report: Record<string, unknown>;
    beforeAll(async () => {
      await using doors = await startKnowledge();
      doors.backend.setDefault(notingModel());
      const script = await readFile(new URL("python/compaction.py", import.meta.url), "utf8");
      const { stdout, stderr, code } = await runPython(script, {
        env: { OPENAI_BASE_URL: doors.url(door), OPENAI_API_KEY: "none" },
      });
      if (code !== 0) throw new Error(`compaction.py ended with ${code}\n${stderr}`);
      report = JSON.parse(stdout);
    });

    test.for(Object.entries(expected))("%s", ([part, facts]) => {
      expect(report[part]).toEqual(facts);
    });
  });
});
