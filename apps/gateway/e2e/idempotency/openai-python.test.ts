import { readFile } from "node:fs/promises";
import { describeWith, runPython, text } from "@gateway/testkit";
import { beforeAll, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { startKnowledge } from "../knowledge/knowledge-doors.ts";

/** What `python/idempotency.py` has to report. */
const expected = {
  plain: [true, "Fine words indeed", "true"],
  streamed: [true, "Fine words indeed"],
  unstored: [true, "response.completed"],
  reused: [422, "idempotency_key_reused", null],
  "at once": 1,
};

describeWith("openai-python", "idempotency keys by the official Python client", () => {
  describe.for(oneDoor)("through %s", (door) => {
    let report: Record<string, unknown>;
    let asked: number;
    beforeAll(async () => {
      await using doors = await startKnowledge();
      doors.backend.setDefault(text("Fine words indeed"));
      const script = await readFile(new URL("python/idempotency.py", import.meta.url), "utf8");
      const { stdout, stderr, code } = await runPython(script, {
        env: { OPENAI_BASE_URL: doors.url(door), OPENAI_API_KEY: "none" },
      });
      if (code !== 0) throw new Error(`idempotency.py ended with ${code}\n${stderr}`);
      report = JSON.parse(stdout);
      asked = doors.backend.requests.length;
    });

    test.for(Object.entries(expected))("%s", ([part, facts]) => {
      expect(report[part]).toEqual(facts);
    });

    test("the model was asked once for each key", () => {
      expect(asked).toBe(4);
    });
  });
});
