import { describeWith } from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ParrotDoors, parrot, startParrotDoors } from "../clients/parrot-doors.ts";
import { doorNames } from "../doors.ts";
import { postStream } from "../read-stream.ts";

describeWith("llama-server", "a real model's calls of the caller's own tools", () => {
  let parts: ParrotDoors;
  beforeAll(async () => {
    parts = await startParrotDoors();
  });
  afterAll(() => parts[Symbol.asyncDispose]());

  describe.for(doorNames)("through %s", (door) => {
    const send = (tool: Record<string, unknown>, tool_choice: unknown) =>
      postStream(parts.doors.url(door), {
        ...parrot,
        input: `call ${tool.name ?? tool.type} with input abc`,
        tools: [tool],
        tool_choice,
        max_output_tokens: 200,
      });

    test("keep to a regular expression, which the server makes a grammar of", async () => {
      const definition = "\\d{3}-[a-c]{1,4}x";
      const tool = { type: "custom", name: "code", format: { type: "grammar", syntax: "regex", definition } };
      const { final } = await send(tool, { type: "custom", name: "code" });
      expect(final.output).toMatchObject([{ type: "custom_tool_call", name: "code", status: "completed" }]);
      const [call] = final.output as { input: string }[];
      expect(call?.input).toMatch(/^\d{3}-[a-c]{1,4}x$/);
    });

    test("have their own types, in the shape that the server's grammar gives them", async () => {
      const { final } = await send({ type: "shell", environment: { type: "local" } }, { type: "shell" });
      expect(final.output).toMatchObject([{ type: "shell_call", action: { commands: expect.any(Array) } }]);
    });
  });
});
