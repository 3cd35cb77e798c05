import { readFile } from "node:fs/promises";
import { contentChunk, describeWith, hang, roleChunk, runPython, text } from "@gateway/testkit";
import { beforeAll, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { startKnowledge } from "../knowledge/knowledge-doors.ts";
import { patient } from "./otters.ts";

/** What `python/background.py` has to report. */
const expected = {
  polled: ["queued", true, "completed", "All of it said slowly"],
  streamed: {
    types: ["response.created", "response.queued", "response.in_progress"],
    last: "response.completed",
    gapless: true,
    replayed: true,
    padded: [true, false],
    helped: true,
    text: ["All of it said slowly", "All of it said slowly"],
  },
  foreground: {
    replayed: true,
    told: ["response.created", "response.completed", "All of it said slowly"],
    cancelled: ["BadRequestError", 400, null],
  },
  cancelled: {
    status: ["cancelled", "cancelled"],
    continued: ["BadRequestError", 400, "previous_response_in_progress"],
    unknown: ["NotFoundError", 404, null],
    unstored: ["UnprocessableEntityError", 422, "unsupported_value"],
  },
  asynchronously: ["response.completed", true],
};

describeWith("openai-python", "background responses and replay by the official Python client", () => {
  describe.for(oneDoor)("through %s", (door) => {
    let report: Record<string, unknown>;
    beforeAll(async () => {
      await using doors = await startKnowledge({ ...patient, models: undefined });
      doors.backend.byModel("slow", text("All of it said slowly", { everyMs: 10 }));
      doors.backend.byModel("endless", [roleChunk(), contentChunk("On and"), hang()]);
      doors.backend.setModels(["slow", "endless"]);
      const script = await readFile(new URL("python/background.py", import.meta.url), "utf8");
      const { stdout, stderr, code } = await runPython(script, {
        env: { OPENAI_BASE_URL: doors.url(door), OPENAI_API_KEY: "none" },
      });
      if (code !== 0) throw new Error(`background.py ended with ${code}\n${stderr}`);
      report = JSON.parse(stdout);
    });

    test.for(Object.entries(expected))("%s", ([part, facts]) => {
      expect(report[part]).toEqual(facts);
    });
  });
});
