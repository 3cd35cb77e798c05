import { readFile } from "node:fs/promises";
import { describeWith, runPython } from "@gateway/testkit";
import { describe, expect, test } from "vitest";
import { oneDoor, startDoors } from "../doors.ts";
import { playCountingModel } from "./counting-model.ts";

describeWith("openai-python", "tokens by the official Python client", () => {
  describe.for(oneDoor)("through %s", (door) => {
    test("are counted, and left out where they do not fit", async () => {
      await using doors = await startDoors();
      playCountingModel(doors.backend, { window: 200 });
      const script = await readFile(new URL("python/tokens.py", import.meta.url), "utf8");
      const { stdout, stderr, code } = await runPython(script, {
        env: { OPENAI_BASE_URL: `${doors.url(door)}/v1`, OPENAI_API_KEY: "none" },
      });
      if (code !== 0) throw new Error(`tokens.py ended with ${code}\n${stderr}`);
      expect(JSON.parse(stdout)).toEqual({
        count: ["response.input_tokens", 7],
        asynchronously: 7,
        header: "exact",
        refusal: [404, "previous_response_not_found", "previous_response_id"],
        truncated: ["completed", "auto", "Yes"],
      });
      expect(doors.backend.requests.at(-1)?.body.messages).toHaveLength(5);
    });
  });
});
