import type { ResponseObject } from "@gateway/protocol";
import { text, toolCalls } from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, doorNames, startDoors } from "../doors.ts";
import { postStream } from "../read-stream.ts";
import { answerKinds } from "./answer-kinds.ts";
import { findFlaw } from "./response-shape.ts";

const ask = { model: "scripted", input: "hi" };

describe.for(doorNames)("a Response object through %s", (door) => {
  let doors: Doors;
  const post = async (body: object) => {
    const response = await fetch(`${doors.url(door)}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as ResponseObject };
  };

  beforeAll(async () => {
    doors = await startDoors();
    for (const { name, backend } of answerKinds) doors.backend.byModel(name, backend);
    doors.backend.setDefault(text("ok"));
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  test.for(answerKinds)(
    "has every key and no other for the kind '$name', whole, streamed and stored",
    async ({ name, request, answer }) => {
      const body = { ...ask, model: name, ...request };
      const { events, final } = await postStream(doors.url(door), body);
      for (const event of events) if ("response" in event) expect(findFlaw(event.response)).toBeUndefined();
      const stored = await fetch(`${doors.url(door)}/v1/responses/${final.id}`);
      expect(findFlaw(await stored.json())).toBeUndefined();
      if (answer.status === "failed") return;
      const whole = await post(body);
      expect(findFlaw(whole.body)).toBeUndefined();
    },
  );

  test("with a flaw is told from one without", async () => {
    const { body } = await post(ask);
    const { output, usage, ...rest } = body;
    expect(findFlaw(body)).toBeUndefined();
    expect(findFlaw(rest)).toBe("has no key 'output'");
    expect(findFlaw({ ...body, extra: 1 })).toBe("has the key 'extra', which the API does not know");
    expect(findFlaw({ ...body, usage: { ...usage, total_tokens: "3" } })).toBe(
      '.usage.total_tokens is "3" instead of a whole number from 0 on',
    );
    expect(findFlaw({ ...body, output: [...output, { type: "audio" }] })).toBe(
      ".output[1] has the type 'audio'",
    );
  });

  test("tells defaults where nothing was asked for", async () => {
    const { body } = await post(ask);
    expect(findFlaw(body)).toBeUndefined();
    expect(body).toMatchObject({
      background: false,
      conversation: null,
      error: null,
      frequency_penalty: 0,
      incomplete_details: null,
      instructions: null,
      max_output_tokens: null,
      max_tool_calls: null,
      metadata: {},
      parallel_tool_calls: true,
      presence_penalty: 0,
      previous_response_id: null,
      prompt_cache_key: null,
      reasoning: { effort: null, summary: null },
      safety_identifier: null,
      service_tier: "default",
      status: "completed",
      store: true,
      temperature: 1,
      text: { format: { type: "text" }, verbosity: "medium" },
      tool_choice: "auto",
      tools: [],
      top_logprobs: 0,
      top_p: 1,
      truncation: "disabled",
    });
  });

  test("tells again what was asked for", async () => {
    const asked = {
      frequency_penalty: 0.5,
      instructions: "Be kind.",
      max_output_tokens: 100,
      max_tool_calls: 3,
      metadata: { topic: "tea" },
      parallel_tool_calls: false,
      presence_penalty: -0.5,
      prompt_cache_key: "cache-1",
      reasoning: { effort: "low", summary: "concise" },
      safety_identifier: "user-1",
      store: false,
      temperature: 0.25,
      text: {
        format: { type: "json_schema", name: "answer", schema: { type: "object" }, strict: true },
        verbosity: "low",
      },
      tool_choice: { type: "function", name: "add" },
      tools: [{ type: "function", name: "add", parameters: { type: "object" }, strict: true }],
      top_logprobs: 2,
      top_p: 0.75,
    };
    doors.backend.setDefault(toolCalls([{ name: "add", arguments: {} }]));
    const { body } = await post({ ...ask, ...asked });
    expect(findFlaw(body)).toBeUndefined();
    expect(body).toMatchObject(asked);
  });

  test("never tells a secret that came with a tool", async () => {
    doors.backend.setDefault(text("ok"));
    const { body } = await post({
      ...ask,
      // What its tools are is known already: the server is not asked.
      input: [
        { type: "mcp_list_tools", id: "mcpl_1", server_label: "docs", tools: [] },
        { role: "user", content: "hi" },
      ],
      tools: [
        {
          type: "mcp",
          server_label: "docs",
          server_url: "https://mcp.example.com/mcp",
          authorization: "secret-token",
          headers: { "x-key": "secret-header" },
        },
      ],
    });
    expect(body.tools).toMatchObject([{ type: "mcp", server_label: "docs" }]);
    expect(JSON.stringify(body)).not.toContain("secret");
    const stored = await fetch(`${doors.url(door)}/v1/responses/${body.id}`);
    expect(await stored.text()).not.toContain("secret");
    expect(JSON.stringify(await doors.gateway.settledLogs())).not.toContain("secret-");
  });
});
