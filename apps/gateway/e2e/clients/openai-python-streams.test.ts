import { readFile } from "node:fs/promises";
import { describeWith, runPython } from "@gateway/testkit";
import { beforeAll, describe, expect, test } from "vitest";
import { doorNames, startDoors } from "../doors.ts";
import { answerKinds, type SeenAnswer } from "./answer-kinds.ts";

/** One stream, as `python/streams.py` reports it. */
interface Stream {
  first: string[];
  last: string;
  gapless: boolean;
  deltas: string;
  snapshot: string;
  answer: SeenAnswer;
}

/** What one client saw of one kind of answer. */
interface Seen {
  raw?: Stream;
  helped: Stream;
  accumulated?: SeenAnswer;
  whole?: SeenAnswer;
  stored?: SeenAnswer;
  error?: { class: string; code: string };
}

describeWith("openai-python", "the official Python client", () => {
  describe.for(doorNames)("through %s", (door) => {
    let seen: { sync: Seen[]; async: Seen[] };
    beforeAll(async () => {
      await using doors = await startDoors();
      for (const { name, backend } of answerKinds) doors.backend.byModel(name, backend);
      const kinds = answerKinds.map(({ name, request = {} }) => ({ model: name, request }));
      const script = await readFile(new URL("python/streams.py", import.meta.url), "utf8");
      const { stdout, stderr, code } = await runPython(script, {
        args: [JSON.stringify(kinds)],
        env: { OPENAI_BASE_URL: `${doors.url(door)}/v1`, OPENAI_API_KEY: "none" },
      });
      if (code !== 0) throw new Error(`streams.py ended with ${code}\n${stderr}`);
      seen = JSON.parse(stdout);
    });

    describe.for([["sync"], ["async"]] as const)("%s", ([mode]) => {
      test.for(answerKinds.map(({ name, answer }, n) => ({ name, answer, n })))(
        "sees an answer of the kind '$name': its events, added up, and in one piece",
        ({ answer, n }) => {
          const of = seen[mode][n];
          for (const stream of [of?.raw, of?.helped]) {
            if (stream === undefined) continue;
            expect(stream).toEqual({
              first: ["response.created", "response.in_progress"],
              last: `response.${answer.status}`,
              gapless: true,
              deltas: answer.text,
              snapshot: answer.text,
              answer,
            });
          }
          // The helper knows a final response only where the answer was completed.
          expect(of?.accumulated).toEqual(answer.status === "completed" ? answer : undefined);
          if (answer.status === "failed") {
            expect(of?.error).toEqual({ class: "InternalServerError", code: answer.reason });
          } else {
            expect(of?.whole).toEqual(answer);
            if (mode === "sync") expect(of?.stored).toEqual(answer);
          }
        },
      );
    });
  });
});
