import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  describeWith,
  errorAnswer,
  type RecordedRequest,
  reasoningChunk,
  roleChunk,
  type Script,
  text,
  toolCalls,
} from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, doorNames, startDoors } from "../doors.ts";
import { type CodexRun, openCodex } from "./codex.ts";

const patch = (from: number, to: number) =>
  `*** Begin Patch\n*** Update File: a.txt\n@@\n-let a = ${from};\n+let a = ${to};\n*** End Patch`;

/** An answer that begins with a thought. */
const thinking = (thought: string, [, ...answer]: Script[]): Script[] => [
  roleChunk(),
  ...thought.split(/(?= )/).map((word) => reasoningChunk(word)),
  ...answer,
];

describeWith("codex", "Codex", () => {
  let doors: Doors;
  beforeAll(async () => {
    const hash = `sha256:${createHash("sha256").update("sk-codex").digest("hex")}`;
    doors = await startDoors({ auth: { keys: [{ id: "codex", hash }] } });
  });
  afterAll(() => doors?.[Symbol.asyncDispose]());

  describe.for(doorNames)("through %s", (door) => {
    const open = (options: Partial<Parameters<typeof openCodex>[0]> = {}) =>
      openCodex({ baseUrl: `${doors.url(door)}/v1`, ...options });
    const finished = ({ code, stderr, events }: CodexRun) => {
      expect({ code, errors: events.filter(({ type }) => /error|failed/.test(type)) }, stderr).toEqual({
        code: 0,
        errors: [],
      });
    };
    /** What the gateway has answered to clients since there were so many lines in its log. */
    const answered = async (from: number) =>
      (await doors.gateway.settledLogs())
        .slice(from)
        .filter(({ msg, route }) => msg === "request" && !String(route).startsWith("/health"))
        .map(({ method, route, status }) => `${String(method)} ${String(route)} ${String(status)}`);

    test("edits a file, again in a new session, and once more where it left off", async () => {
      const { backend, gateway } = doors;
      const [before, lines] = [backend.requests.length, (await gateway.settledLogs()).length];
      await using codex = await open();
      const file = join(codex.work, "a.txt");
      writeFileSync(file, "let a = 1;\n");

      const say = thinking(
        "The two is one line.",
        toolCalls([{ name: "apply_patch", arguments: { input: patch(1, 2) } }]),
      );
      backend.enqueue(...say);
      backend.enqueue(...thinking("That was all.", text("It is a 2 now.")));
      const first = await codex.exec("Make it a 2.");
      finished(first);
      expect(readFileSync(file, "utf8")).toBe("let a = 2;\n");
      expect(first.items).toMatchObject([
        { type: "reasoning", text: "The two is one line." },
        { type: "file_change", changes: [{ path: file, kind: "update" }], status: "completed" },
        { type: "reasoning", text: "That was all." },
        { type: "agent_message", text: "It is a 2 now." },
      ]);

      backend.enqueue(
        ...toolCalls([{ name: "exec_command", arguments: { cmd: "sed -i s/2/3/ a.txt && cat a.txt" } }]),
      );
      backend.enqueue(...text("It is a 3 now."));
      const second = await codex.exec("Make it a 3.");
      finished(second);
      expect(second.items).toMatchObject([
        { type: "command_execution", aggregated_output: "let a = 3;\n", exit_code: 0 },
        { type: "agent_message", text: "It is a 3 now." },
      ]);

      const [session] = first.events.map(({ thread_id }) => String(thread_id));
      backend.enqueue(
        ...thinking("Once more.", toolCalls([{ name: "apply_patch", arguments: { input: patch(3, 4) } }])),
      );
      backend.enqueue(...text("It is a 4 now."));
      const third = await codex.exec("resume", session as string, "Make it a 4.");
      finished(third);
      expect(third.message).toBe("It is a 4 now.");
      expect(readFileSync(file, "utf8")).toBe("let a = 4;\n");

      const requests = backend.requests.slice(before);
      expect(requests).toHaveLength(6);
      const success = expect.stringContaining("Success. Updated the following files");
      expect(afterUser(requests[1], "Make it a 2.")).toMatchObject([
        {
          role: "assistant",
          reasoning_content: "The two is one line.",
          tool_calls: [{ function: { name: "apply_patch" } }],
        },
        { role: "tool", content: success },
      ]);
      expect(requests[2]?.text).not.toContain("Make it a 2.");
      expect(afterUser(requests[5], "Make it a 2.")).toMatchObject([
        {
          role: "assistant",
          reasoning_content: "The two is one line.",
          tool_calls: [{ function: { name: "apply_patch" } }],
        },
        { role: "tool", content: success },
        { role: "assistant", reasoning_content: "That was all.", content: "It is a 2 now." },
        { role: "user", content: "Make it a 4." },
        {
          role: "assistant",
          reasoning_content: "Once more.",
          tool_calls: [{ function: { name: "apply_patch" } }],
        },
        { role: "tool", content: success },
      ]);
      expect(await answered(lines)).toEqual(Array(6).fill("POST /v1/responses 200"));
      expect(codex.outside).toEqual([]);
    });

    test("declares nothing that is dropped but what only OpenAI's own service could carry out", async () => {
      const { backend, gateway } = doors;
      const lines = (await gateway.settledLogs()).length;
      await using codex = await open();
      backend.enqueue(...text("Hello."));
      finished(await codex.exec("Say hello."));
      const [{ ignored } = {}] = (await gateway.settledLogs())
        .slice(lines)
        .filter((line) => "ignored" in line);
      const named = (ignored as string[]).map((path) => path.replace(/\[\d+\]/, "[]"));
      expect(named).toContain("client_metadata");
      const expected = [
        "client_metadata",
        "include[]=reasoning.encrypted_content",
        "tools[].type=web_search",
      ];
      expect(named.filter((path) => !expected.includes(path))).toEqual([]);
    });

    test("is told by the gateway what is wrong, and tells the user", async () => {
      await using stranger = await open({ key: "sk-mallory" });
      const refused = await stranger.exec("Say hello.");
      expect(refused.code).toBe(1);
      expect(JSON.stringify(refused.events.at(-1))).toMatch(
        /turn\.failed.*401 Unauthorized.*Incorrect API key/,
      );

      const { backend } = doors;
      backend.enqueue(errorAnswer(400, { message: "Too many tokens.", code: "context_length_exceeded" }));
      await using codex = await open();
      const full = await codex.exec("Read all of it.");
      expect(full.code).toBe(1);
      expect(JSON.stringify(full.events.at(-1))).toMatch(/turn\.failed.*context window/);
    });

    test("that prefers WebSockets finishes its task as well", async () => {
      const { backend } = doors;
      await using codex = await open({ as: "openai" });
      const file = join(codex.work, "a.txt");
      writeFileSync(file, "let a = 1;\n");
      backend.enqueue(
        ...thinking("Easy.", toolCalls([{ name: "apply_patch", arguments: { input: patch(1, 2) } }])),
      );
      backend.enqueue(...text("It is a 2 now."));
      const run = await codex.exec("Make it a 2.");
      finished(run);
      expect(run.message).toBe("It is a 2 now.");
      expect(readFileSync(file, "utf8")).toBe("let a = 2;\n");
      expect(afterUser(backend.requests.at(-1), "Make it a 2.")[0]).toMatchObject({
        reasoning_content: "Easy.",
      });
      expect(codex.outside).toEqual([]);
    });
  });
});

/** The messages of a request behind the user's own one that says this. */
function afterUser(request: RecordedRequest | undefined, said: string) {
  const messages = request?.body.messages ?? [];
  return messages.slice(messages.findIndex(({ role, content }) => role === "user" && content === said) + 1);
}
