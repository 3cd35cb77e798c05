import { readFile } from "node:fs/promises";
import {
  describeWith,
  type RecordedRequest,
  reasoningChunk,
  roleChunk,
  runPython,
  type Script,
  text,
  toolCalls,
} from "@gateway/testkit";
import { beforeAll, expect, test } from "vitest";
import { type DoorName, doorNames, startDoors } from "../doors.ts";
import { shownOutputs } from "../mcp/calling-model.ts";

const advice = { umbrella: true, cities: ["Oslo", "Rome"] };
const calls = advice.cities.map((city) => ({ name: "weather", arguments: { city } }));

/** A model that thinks, looks at the weather in two places at once, thinks again and gives advice. */
const looking = (request: RecordedRequest): Script => {
  const [thought, [, ...answer]] =
    shownOutputs(request).length === 0
      ? ["Let me look.", toolCalls(calls)]
      : [" Rain.", text(JSON.stringify(advice))];
  return [roleChunk(), reasoningChunk(thought), ...answer];
};

describeWith("openai-python", "tool loops of the official Python client", () => {
  const reports = new Map<DoorName, Record<string, unknown>>();
  let requests: readonly RecordedRequest[];
  beforeAll(async () => {
    await using doors = await startDoors();
    doors.backend.byModel("looking", looking);
    const script = await readFile(new URL("python/openai_loop.py", import.meta.url), "utf8");
    const run = async (door: DoorName) => {
      const env = { OPENAI_BASE_URL: `${doors.url(door)}/v1`, OPENAI_API_KEY: "none" };
      const { code, stdout, stderr } = await runPython(script, { env });
      if (code !== 0) throw new Error(`The script ended with ${code}\n${stderr}`);
      reports.set(door, JSON.parse(stdout) as Record<string, unknown>);
    };
    await Promise.all(doorNames.map(run));
    requests = doors.backend.requests;
  });

  const loop = { said: true, thought: "Let me look. Rain.", advice, turns: 2 };
  test.for(doorNames)("carry calls out until there is an answer, through %s", (door) => {
    expect(reports.get(door)).toEqual({
      streamed: loop,
      "not stored": loop,
      whole: { calls: 2, advice },
    });
  });

  test("bring calls, outputs and thoughts back to the model", () => {
    const second = requests.filter((request) => shownOutputs(request).length > 0);
    expect(second).toHaveLength(3 * doorNames.length);
    for (const { body } of second) {
      expect(body.messages).toMatchObject([
        { role: "user" },
        { role: "assistant", reasoning_content: "Let me look.", tool_calls: [{}, {}] },
        { role: "tool", content: "It rains in Oslo." },
        { role: "tool", content: "It rains in Rome." },
      ]);
    }
  });
});
