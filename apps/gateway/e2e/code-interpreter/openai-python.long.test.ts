import { readFile } from "node:fs/promises";
import { describeWith, runPython } from "@gateway/testkit";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { doorNames } from "../doors.ts";
import { calling } from "../mcp/calling-model.ts";
import { startCodeDoors } from "./code-doors.ts";

// A start takes seconds, and many of them on a machine that is busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

/** What `python/containers.py` has to report. */
const expected = {
  containers: {
    named: [true],
    status: "running",
    sent: ["/mnt/data/in.txt", "user", 11],
    content: "from python",
  },
  runs: {
    events: [".in_progress", "_code.delta", "_code.done", ".interpreting", ".completed"],
    call: ["completed", true],
    logs: ["FROM PYTHON\n"],
    written: ["/mnt/data/out.txt", "assistant"],
    cited: [true],
  },
  removal: "NotFoundError",
};

const code = "text = open('in.txt').read().upper()\n_ = open('out.txt', 'w').write(text)\nprint(text)";

describeWith("openai-python", "containers and code by the official Python client", () => {
  describe.for(doorNames)("through %s", (door) => {
    let report: Record<string, unknown>;
    beforeAll(async () => {
      await using doors = await startCodeDoors({ prewarm: 0 });
      const call = { name: "code_interpreter", arguments: { code } };
      doors.backend.setDefault(calling([[call]], "Here: sandbox:/mnt/data/out.txt"));
      const script = await readFile(new URL("python/containers.py", import.meta.url), "utf8");
      const {
        stdout,
        stderr,
        code: exit,
      } = await runPython(script, {
        env: { OPENAI_BASE_URL: doors.url(door), OPENAI_API_KEY: "none" },
      });
      if (exit !== 0) throw new Error(`containers.py ended with ${exit}\n${stderr}`);
      report = JSON.parse(stdout);
    });

    test.for(Object.entries(expected))("%s", ([part, facts]) => {
      expect(report[part]).toEqual(facts);
    });
  });
});
