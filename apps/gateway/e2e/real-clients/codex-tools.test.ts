import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  describeWith,
  echoTool,
  type RecordedRequest,
  startMcpServer,
  text,
  toolCalls,
} from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, doorNames, startDoors } from "../doors.ts";
import { offeredNames, shownOutputs } from "../mcp/calling-model.ts";
import { type CodexRun, openCodex } from "./codex.ts";

/** The smallest PNG: one pixel. */
const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

describeWith("codex", "tools of Codex", () => {
  let doors: Doors;
  beforeAll(async () => {
    doors = await startDoors();
    doors.backend.setModels(["scripted", "searching", "coding"]);
  });
  afterAll(() => doors?.[Symbol.asyncDispose]());

  describe.for(doorNames)("through %s", (door) => {
    const open = (options: Partial<Parameters<typeof openCodex>[0]> = {}) =>
      openCodex({ baseUrl: `${doors.url(door)}/v1`, ...options });
    const call = (name: string, args: object) =>
      doors.backend.enqueue(...toolCalls([{ name, arguments: args }]));
    const finished = ({ code, stderr, events }: CodexRun) => {
      expect({ code, errors: events.filter(({ type }) => /error|failed/.test(type)) }, stderr).toEqual({
        code: 0,
        errors: [],
      });
    };

    test("of an MCP server are found by a search and called", async () => {
      const { backend } = doors;
      await using server = await startMcpServer({ tools: [echoTool("echo"), echoTool("other")] });
      await using codex = await open({
        model: "searching",
        tables: `[mcp_servers.docs]\nurl = ${JSON.stringify(server.url)}\n`,
      });
      const before = backend.requests.length;
      call("tool_search", { query: "repeats what it is told, as echo", limit: 1 });
      call("mcp__docs__echo", { text: "hi" });
      backend.enqueue(...text("It said hi."));
      const run = await codex.exec("Let the echo say hi.");
      finished(run);
      expect(run.items).toMatchObject([
        { type: "mcp_tool_call", server: "docs", tool: "echo", status: "completed" },
        { type: "agent_message", text: "It said hi." },
      ]);
      expect(server.journal.calls).toMatchObject([{ name: "echo", args: { text: "hi" } }]);
      const [first, second, third] = backend.requests.slice(before);
      expect(offeredNames(first)).toContain("tool_search");
      expect(offeredNames(first)).not.toContain("mcp__docs__echo");
      expect(offeredNames(second)).toContain("mcp__docs__echo");
      expect(shownOutputs(third).at(-1)).toContain('echo: {"text":"hi"}');
    });

    test("are called from a program that the model writes", async () => {
      const { backend } = doors;
      await using codex = await open({ model: "coding" });
      const file = join(codex.work, "a.txt");
      writeFileSync(file, "let a = 1;\n");
      const before = backend.requests.length;
      const input = `const { output } = await tools.exec_command({ cmd: "cat a.txt" });
text(output);
await tools.apply_patch("*** Begin Patch\\n*** Update File: a.txt\\n@@\\n-let a = 1;\\n+let a = 2;\\n*** End Patch");`;
      call("functions__exec", { input });
      backend.enqueue(...text("It is a 2 now."));
      const run = await codex.exec("Make it a 2.");
      finished(run);
      expect(run.items).toMatchObject([
        { type: "command_execution", aggregated_output: "let a = 1;\n", exit_code: 0 },
        { type: "file_change", status: "completed" },
        { type: "agent_message", text: "It is a 2 now." },
      ]);
      expect(readFileSync(file, "utf8")).toBe("let a = 2;\n");
      const [, second] = backend.requests.slice(before);
      expect(shownOutputs(second)).toEqual([expect.stringContaining("let a = 1;")]);
    });

    test("show the model a picture from the disk", async () => {
      const { backend } = doors;
      await using codex = await open();
      const path = join(codex.work, "pixel.png");
      writeFileSync(path, Buffer.from(pixel, "base64"));
      call("view_image", { path });
      backend.enqueue(...text("A pixel."));
      const run = await codex.exec("What does it show?");
      finished(run);
      expect(run.message).toBe("A pixel.");
      expect(imagesIn(backend.requests.at(-1))).toEqual([expect.stringMatching(/^data:image\/png;base64,/)]);
    });

    test("let a second agent work, and wait for it", async () => {
      const { backend } = doors;
      await using codex = await open();
      const before = backend.requests.length;
      // Parent and child ask side by side, so the model goes by what it reads.
      backend.setDefault(({ body: { messages = [] } }) => {
        const said = (role: string) =>
          messages.filter((message) => message.role === role).map(({ content }) => String(content));
        if (said("user").at(-1) === "Count the files.") return text("There are none.");
        const [spawned, waited] = said("tool");
        if (spawned === undefined)
          return toolCalls([
            { name: "multi_agent_v1__spawn_agent", arguments: { message: "Count the files." } },
          ]);
        if (waited !== undefined) return text(`The other one says: ${waited}`);
        const targets = [(JSON.parse(spawned) as { agent_id: string }).agent_id];
        return toolCalls([{ name: "multi_agent_v1__wait_agent", arguments: { targets } }]);
      });
      const run = await codex.exec("Let another agent count the files.");
      finished(run);
      expect(run.message).toContain("There are none.");
      expect(backend.requests.slice(before)).toHaveLength(4);
    });

    test("are not needed for an answer in a form of the user's", async () => {
      const { backend } = doors;
      await using codex = await open();
      const schema = {
        type: "object",
        properties: { n: { type: "number" } },
        required: ["n"],
        additionalProperties: false,
      };
      writeFileSync(join(codex.work, "schema.json"), JSON.stringify(schema));
      backend.enqueue(...text('{"n": 4}'));
      const run = await codex.exec("--output-schema", "schema.json", "How many?");
      finished(run);
      expect(JSON.parse(run.message ?? "")).toEqual({ n: 4 });
      expect(backend.requests.at(-1)?.body.response_format).toMatchObject({
        type: "json_schema",
        json_schema: { name: "codex_output_schema", strict: true, schema },
      });
    });
  });
});

/** The addresses of all images in a request. */
function imagesIn(request: RecordedRequest | undefined): string[] {
  const parts = (request?.body.messages ?? []).flatMap(({ content }) =>
    Array.isArray(content) ? content : [],
  );
  return parts.flatMap((part: { image_url?: { url: string } }) =>
    part.image_url ? [part.image_url.url] : [],
  );
}
