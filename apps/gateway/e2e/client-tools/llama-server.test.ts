import { describeWith } from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ParrotDoors, parrot, startParrotDoors } from "../clients/parrot-doors.ts";
import { doorNames } from "../doors.ts";
import { postStream } from "../read-stream.ts";
import { patchGrammar } from "./patch-grammar.ts";

/** What a model that knows no grammar is held to, as long as nothing in it is without end. */
const grammars: [string, object, RegExp][] = [
  ["a regular expression", { syntax: "regex", definition: "\\d{3}-[a-c]{1,4}x" }, /^\d{3}-[a-c]{1,4}x$/],
  [
    "a regular expression with quotes and line breaks",
    { syntax: "regex", definition: '"\\w{2,5}"\\n[^a-z]{3}' },
    /^"\w{2,5}"\n[^a-z]{3}$/,
  ],
  [
    "a grammar for sums",
    {
      syntax: "lark",
      definition: `start: sum
?sum: product | sum ("+" | "-") product
?product: DIGITS "*" DIGITS
DIGITS: /[0-9]{1,3}/
%ignore " "
`,
    },
    /^ ?[0-9]{1,3} ?\* ?[0-9]{1,3} ?([-+] ?[0-9]{1,3} ?\* ?[0-9]{1,3} ?)*$/,
  ],
  [
    "a grammar for patches, of short lines",
    {
      syntax: "lark",
      definition: `start: begin hunk~1..2 end
begin: "*** Begin Patch" LF
end: "*** End Patch" LF?
hunk: add | remove
add: "*** Add File: " filename LF added~1..3
remove: "*** Delete File: " filename LF
filename: /[a-z]{1,6}\\.[a-z]{1,3}/
added: "+" /[^\\n]{0,9}/ LF -> line
%import common.LF
`,
    },
    /^\*\*\* Begin Patch\n(\*\*\* (Add File: [a-z]{1,6}\.[a-z]{1,3}\n(\+.{0,9}\n){1,3}|Delete File: [a-z]{1,6}\.[a-z]{1,3}\n)){1,2}\*\*\* End Patch\n?$/u,
  ],
];

describeWith("llama-server", "a real model's calls of the caller's own tools", () => {
  let parts: ParrotDoors;
  beforeAll(async () => {
    parts = await startParrotDoors();
  });
  afterAll(() => parts[Symbol.asyncDispose]());

  describe.for(doorNames)("through %s", (door) => {
    const send = (tool: Record<string, unknown>, tool_choice: unknown, more: object = {}) =>
      postStream(parts.doors.url(door), {
        ...parrot,
        input: `call ${tool.name ?? tool.type} with input abc`,
        tools: [tool],
        tool_choice,
        max_output_tokens: 200,
        ...more,
      });

    const asking = (format: object) => ({
      type: "custom",
      name: "code",
      format: { type: "grammar", ...format },
    });
    const named = { type: "custom", name: "code" };

    test.each(grammars)("keep to %s, which the server is told", async (_name, format, shape) => {
      for (const temperature of [0, 1.5]) {
        const { final, events } = await send(asking(format), named, { temperature, seed: 7 });
        // A sum may go on for as long as there is room.
        const cut = final.status === "incomplete";
        expect(final.output).toMatchObject([{ type: "custom_tool_call", name: "code" }]);
        const [call] = final.output as { input: string; status: string }[];
        if (!cut) expect(call?.input).toMatch(shape);
        expect(call?.status).toBe(cut ? "incomplete" : "completed");
        // Told while it was written.
        const deltas = events.filter(({ type }) => type === "response.custom_tool_call_input.delta");
        expect(deltas.length).toBeGreaterThan(2);
        expect(deltas.map((event) => (event as { delta: string }).delta).join("")).toBe(call?.input);
      }
    });

    test("begin as a coding agent's grammar for patches wants, however much the model then writes", async () => {
      const { final } = await send(asking({ syntax: "lark", definition: patchGrammar }), named);
      expect((final.output as { input: string }[])[0]?.input).toMatch(
        /^\*\*\* Begin Patch\n\*\*\* (?:Add|Delete|Update) File: ./,
      );
      expect(["completed", "incomplete"]).toContain(final.status);
    });

    test("are incomplete where the limit cuts their input", async () => {
      const { final } = await send(asking({ syntax: "regex", definition: "[a-z]{50,60}" }), named, {
        max_output_tokens: 16,
      });
      expect(final).toMatchObject({
        status: "incomplete",
        incomplete_details: { reason: "max_output_tokens" },
        output: [
          { type: "custom_tool_call", status: "incomplete", input: expect.stringMatching(/^[a-z]+$/) },
        ],
      });
    });

    test("are asked for again by their input alone where the model got it wrong", async () => {
      // As a function's parameter it has no pattern, which the server would hold the first call to.
      const tool = asking({ syntax: "lark", definition: "start: /[A-C]{2}!/" });
      const { final } = await postStream(parts.doors.url(door), {
        ...parrot,
        input: 'call code {"input": "wrong"}',
        tools: [tool],
        max_output_tokens: 200,
      });
      expect(final.output).toMatchObject([{ type: "custom_tool_call", status: "completed" }]);
      expect((final.output as { input: string }[])[0]?.input).toMatch(/^[A-C]{2}!$/);
    });

    test("have their own types, in the shape that the server's grammar gives them", async () => {
      const { final } = await send({ type: "shell", environment: { type: "local" } }, { type: "shell" });
      expect(final.output).toMatchObject([{ type: "shell_call", action: { commands: expect.any(Array) } }]);
    });
  });
});
