import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { echoTool, startMcpServer, waitFor } from "@gateway/testkit";
import type OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { doorNames } from "../doors.ts";
import type { KnowledgeDoors } from "../knowledge/knowledge-doors.ts";
import { calling } from "./calling-model.ts";
import { startMcpDoors } from "./mcp-doors.ts";

/** What a request says that nobody else may know. */
const secrets = ["hunter2-in-header", "hunter3-as-token", "hunter4-in-query"];

/** Every byte that the gateway has written: files, their write-ahead logs, the log. */
async function everythingOf({ gateway }: KnowledgeDoors): Promise<string> {
  const log = JSON.stringify(await gateway.settledLogs());
  const files = readdirSync(gateway.cwd, { recursive: true, encoding: "utf8" })
    .map((name) => join(gateway.cwd, name))
    .filter((path) => statSync(path).isFile());
  expect(files.some((path) => path.endsWith("gateway.db"))).toBe(true);
  return [...files.map((path) => readFileSync(path, "latin1")), log].join("\n");
}

function expectNoSecretIn(place: string): void {
  for (const secret of secrets) expect(place.includes(secret), secret).toBe(false);
}

describe.for(doorNames)("keys of MCP servers through %s", (door) => {
  test("are in no answer, no event, no file and no line of the log", async () => {
    const repeats = `I was asked with ${secrets.join(" and ")}`;
    await using server = await startMcpServer({
      authorization: `Bearer ${secrets[1]}`,
      tools: [echoTool("echo", { description: repeats, run: () => repeats })],
    });
    await using doors = await startMcpDoors();
    doors.backend.setDefault(calling([[{ name: "echo", arguments: { text: "x" } }]], "Done."));
    const tool: OpenAI.Responses.Tool.Mcp = {
      type: "mcp",
      server_label: "docs",
      server_url: `${server.url}?key=${secrets[2]}`,
      headers: { "x-key": secrets[0] ?? "" },
      authorization: secrets[1] ?? "",
      require_approval: "never",
    };
    const client = doors.client(door);
    const told: unknown[] = [];
    const request = { model: "scripted", input: "hi", tools: [tool] };
    for await (const event of await client.responses.create({ ...request, stream: true })) told.push(event);
    const response = await client.responses.create(request);
    told.push(response, await client.responses.retrieve(response.id));
    expect(response.output[1]).toMatchObject({
      type: "mcp_call",
      status: "completed",
      output: "I was asked with [removed] and [removed] and [removed]",
    });
    expect(response.tools[0]).toMatchObject({ type: "mcp", server_label: "docs", server_url: server.url });

    // What fails is told of, too.
    server.failWith(500);
    told.push(await client.responses.create(request).catch((error: unknown) => ({ ...(error as object) })));
    const wrong = { ...tool, server_url: "http://127.0.0.1:9/mcp?key=hunter4-in-query" };
    told.push(
      await client.responses
        .create({ ...request, tools: [wrong] })
        .catch((error: unknown) => [String(error), { ...(error as object) }]),
    );
    const refused = { ...tool, headers: { "bad name": secrets[0] ?? "" } };
    told.push(await client.responses.create({ ...request, tools: [refused] }).catch(String));
    // The server got them.
    expect(server.journal.requests[0]?.headers).toMatchObject({
      "x-key": secrets[0],
      authorization: `Bearer ${secrets[1]}`,
    });
    expectNoSecretIn(JSON.stringify(told));
    expectNoSecretIn(await everythingOf(doors));
  });

  test("are sealed while a background response waits, and serve it after a restart", async () => {
    const begun = Promise.withResolvers<void>();
    let hold = true;
    const slow = echoTool("slow", {
      run: () => {
        begun.resolve();
        return hold ? new Promise(() => {}) : "at last";
      },
    });
    await using server = await startMcpServer({ authorization: `Bearer ${secrets[1]}`, tools: [slow] });
    await using doors = await startMcpDoors();
    doors.backend.setDefault(calling([[{ name: "slow", arguments: {} }]], "Done."));
    const client = doors.client(door);
    const tool: OpenAI.Responses.Tool.Mcp = {
      type: "mcp",
      server_label: "docs",
      server_url: `${server.url}?key=${secrets[2]}`,
      headers: { "x-key": secrets[0] ?? "" },
      authorization: secrets[1] ?? "",
      require_approval: "never",
    };
    const queued = await client.responses.create({
      model: "scripted",
      input: "hi",
      tools: [tool],
      background: true,
    });
    expect(queued.status).toBe("queued");
    await begun.promise;
    expectNoSecretIn(await everythingOf(doors));

    hold = false;
    await doors.restart({ signal: "SIGKILL" });
    const again = doors.client(door);
    const response = await waitFor(
      async () => {
        const found = await again.responses.retrieve(queued.id);
        return found.status === "completed" || found.status === "failed" ? found : undefined;
      },
      { what: "the response to end", timeoutMs: 20_000 },
    );
    expect(response).toMatchObject({
      status: "completed",
      output: [
        { type: "mcp_list_tools" },
        { type: "mcp_call", status: "completed", output: "at last" },
        { type: "message" },
      ],
    });
    // Listed once, by the process that was killed.
    expect(server.journal.lists).toBe(1);
    expectNoSecretIn(await everythingOf(doors));
    const replayed: unknown[] = [];
    for await (const event of await again.responses.retrieve(queued.id, { stream: true }))
      replayed.push(event);
    expectNoSecretIn(JSON.stringify(replayed));
  });

  test("a background response whose server cannot be asked fails, and says so in its stream", async () => {
    await using server = await startMcpServer();
    server.failWith(503);
    await using doors = await startMcpDoors();
    const tool = { type: "mcp" as const, server_label: "docs", server_url: server.url };
    const stream = await doors.client(door).responses.create({
      model: "scripted",
      input: "hi",
      tools: [tool],
      background: true,
      stream: true,
    });
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of stream) events.push(event);
    expect(events.map(({ type }) => type)).toEqual([
      "response.created",
      "response.queued",
      "response.in_progress",
      "response.output_item.added",
      "response.mcp_list_tools.in_progress",
      "response.mcp_list_tools.failed",
      "response.output_item.done",
      "response.failed",
    ]);
    expect(events.at(-1)).toMatchObject({
      response: { error: { code: "http_error", message: expect.stringContaining("HTTP status 503") } },
    });
  });
});
