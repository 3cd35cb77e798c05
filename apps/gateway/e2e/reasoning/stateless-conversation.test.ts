import { readFile } from "node:fs/promises";
import type { OutputItem } from "@gateway/protocol";
import { describeWith, runPython } from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, oneDoor, startDoors } from "../doors.ts";
import { post } from "../post.ts";
import { postStream } from "../read-stream.ts";
import { firstTurn, output, ownMessages, shell, thinking, thought } from "./thinking-model.ts";

let doors: Doors;
beforeAll(async () => {
  doors = await startDoors();
  doors.backend.setDefault(thinking);
});
afterAll(() => doors[Symbol.asyncDispose]());

/** What Codex sends with each turn. */
const settings = {
  model: "scripted",
  store: false,
  include: ["reasoning.encrypted_content"],
  tools: [shell],
  parallel_tool_calls: false,
  prompt_cache_key: "session-1",
};
const question = { type: "message", role: "user", content: [{ type: "input_text", text: "What is here?" }] };

/** Items as Codex keeps them: of a thought only its seal, nothing with an id. */
function asCodexKeeps(items: readonly OutputItem[]): object[] {
  return items.map(({ id: _, ...item }) =>
    item.type === "reasoning"
      ? { type: "reasoning", summary: [], content: null, encrypted_content: item.encrypted_content }
      : item,
  );
}

describe.for(oneDoor)("a client that keeps its conversation itself, through %s", (door) => {
  test.for<[string, (items: readonly OutputItem[]) => object[]]>([
    ["only sealed, as Codex does", asCodexKeeps],
    ["as it got it", (items) => [...items]],
  ])("brings the model's thought back %s", async ([, keep]) => {
    const url = doors.url(door);
    const first = await postStream(url, { ...settings, input: [question] });
    const sealed = first.final.output.map((item) =>
      item.type === "reasoning" ? item.encrypted_content : "",
    );
    expect(sealed).toEqual([expect.stringMatching(/^v1\.[0-9a-f]{8}\.[\w-]+$/), ""]);
    expect(first.accumulated.output).toMatchObject(first.final.output);
    const added = first.events.filter((event) => event.type === "response.output_item.added");
    expect(JSON.stringify(added)).not.toContain("encrypted_content");

    const input = [question, ...keep(first.final.output), output];
    const second = await postStream(url, { ...settings, input });
    expect(ownMessages(doors.backend.requests.at(-1))).toEqual([expect.objectContaining(firstTurn)]);
    expect(second.final.output.at(-1)).toMatchObject({ content: [{ text: "There are two files." }] });
    expect(second.final).not.toHaveProperty("input_transformations");

    const third = await postStream(url, {
      ...settings,
      input: [...input, ...keep(second.final.output), question],
    });
    expect(third.final.status).toBe("completed");
    expect(ownMessages(doors.backend.requests.at(-1)).map((message) => message.reasoning_content)).toEqual([
      thought,
      "Two files.",
    ]);
  });

  test("gets the seal in a plain answer too, and nothing is said to have no effect", async () => {
    const response = await post(doors.url(door), {
      ...settings,
      input: [question],
      reasoning: { context: "auto" },
    });
    expect(response.headers.get("x-gateway-ignored")).toBeNull();
    expect(await response.json()).toMatchObject({
      reasoning: { context: "all_turns" },
      output: [
        {
          type: "reasoning",
          content: [{ text: thought }],
          encrypted_content: expect.stringMatching(/^v1\./),
        },
        { type: "function_call" },
      ],
    });
  });

  test("is not sent back to the former turns' thoughts where it asks for those of this turn", async () => {
    const url = doors.url(door);
    const { final } = await postStream(url, { ...settings, input: [question] });
    const input = [question, ...final.output, output, { role: "user", content: "And now?" }];
    const next = await postStream(url, { ...settings, input, reasoning: { context: "current_turn" } });
    expect(ownMessages(doors.backend.requests.at(-1))[0]).not.toHaveProperty("reasoning_content");
    expect(next.final).toMatchObject({
      reasoning: { context: "current_turn" },
      input_transformations: [
        { id: final.output[0]?.id, type: "reasoning", action: "removed", reason: "turn_boundary" },
      ],
    });
  });

  describeWith("openai-python", "with the official Python client", () => {
    test("brings the thought back", async () => {
      const script = await readFile(new URL("python/stateless.py", import.meta.url), "utf8");
      const before = doors.backend.requests.length;
      const { stdout, stderr, code } = await runPython(script, {
        args: [JSON.stringify({ shell, output })],
        env: { OPENAI_BASE_URL: `${doors.url(door)}/v1`, OPENAI_API_KEY: "none" },
      });
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout)).toEqual({
        sealed: true,
        equal: true,
        answer: "There are two files.",
        transformations: null,
      });
      const [, second] = doors.backend.requests.slice(before);
      expect(ownMessages(second)).toEqual([expect.objectContaining(firstTurn)]);
    });
  });
});
