import type OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { doorNames } from "../doors.ts";
import { post } from "../post.ts";
import { postStream } from "../read-stream.ts";
import { acting, shownOutputs, startWeb, type WebDoors } from "./web-doors.ts";

const search = { name: "web_search", arguments: { queries: ["what do otters do"] } };

describe.for(doorNames)("web_search through %s", (door) => {
  let web: WebDoors;
  let client: OpenAI;
  let otters: string;
  beforeAll(async () => {
    web = await startWeb();
    client = web.client(door);
    otters = `${web.site.origin}/otters`;
  });
  afterAll(() => web[Symbol.asyncDispose]());
  beforeEach(() => {
    web.backend.setDefault(acting([search], "They swim 【1】. So it is."));
  });

  const ask = { model: "scripted", input: "What do otters do?", tools: [{ type: "web_search" as const }] };
  const link = (url: string) => `([127.0.0.1](${url}))`;

  test("counts in the tokens of a request, which says of it what a create request would", async () => {
    const choice = { type: "web_search" };
    const count = (fields: object) =>
      fetch(`${web.url(door)}/v1/responses/input_tokens`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "scripted", input: "hi", ...fields }),
      });
    const [bare, offered, chosen] = await Promise.all([
      count({}),
      count({ tools: ask.tools }),
      count({ tools: ask.tools, tool_choice: choice }),
    ]);
    expect([bare.status, offered.status, chosen.status]).toEqual([200, 200, 200]);
    expect(offered.headers.get("x-gateway-ignored")).toBeNull();
    const tokens = await Promise.all(
      [bare, offered, chosen].map(
        async (answer) => ((await answer.json()) as { input_tokens: number }).input_tokens,
      ),
    );
    expect(tokens[1]).toBeGreaterThan(tokens[0] ?? Number.NaN);
    expect(tokens[2]).toBeGreaterThan(tokens[0] ?? Number.NaN);
  });

  test("is an item of its own before the answer, which links to what was found", async () => {
    const response = await client.responses.create(ask);
    const text = `They swim ${link(otters)}. So it is.`;
    expect(response.output_text).toBe(text);
    expect(response.output).toMatchObject([
      {
        type: "web_search_call",
        id: expect.stringMatching(/^ws_/),
        status: "completed",
        action: { type: "search", query: "what do otters do", queries: ["what do otters do"] },
      },
      {
        content: [
          {
            annotations: [
              {
                type: "url_citation",
                url: otters,
                title: "Otters",
                start_index: 10,
                end_index: 10 + link(otters).length,
              },
            ],
          },
        ],
      },
    ]);
    expect(text.slice(10, 10 + link(otters).length)).toBe(link(otters));
    expect(response.output[0]).not.toHaveProperty("results");
    expect(response.tool_usage).toMatchObject({ web_search: { num_requests: 1 } });
    const [shown] = shownOutputs(web.backend.requests.at(-1));
    expect(shown).toContain("【1】 Otters");
    expect(shown).toContain("Otters swim in rivers.");
  });

  test("opens pages and finds words in them, each an item of its own", async () => {
    const open = { name: "open_page", arguments: { url: otters } };
    const find = { name: "find_in_page", arguments: { url: otters, pattern: "hold hands" } };
    web.backend.setDefault(acting([search, open, find], "Hand in hand 【3】"));
    const response = await client.responses.create({
      ...ask,
      include: ["web_search_call.results", "web_search_call.action.sources"],
    });
    expect(response.output.slice(0, 3)).toMatchObject([
      {
        action: { type: "search", sources: [{ type: "url", url: otters }, { url: "https://cats.example/" }] },
      },
      {
        status: "completed",
        action: { type: "open_page", url: otters },
        results: [{ title: "All of otters", text: expect.stringContaining("They hold hands while asleep.") }],
      },
      { status: "completed", action: { type: "find_in_page", url: otters, pattern: "hold hands" } },
    ]);
    expect(response.output_text).toBe(`Hand in hand ${link(otters)}`);
    expect(response.tool_usage).toMatchObject({ web_search: { num_requests: 1 } });
    // What was not asked for again is not told again, and kept.
    const plain = await client.responses.retrieve(response.id);
    expect(plain.output[1]).not.toHaveProperty("results");
    const include = ["web_search_call.results" as const];
    expect((await client.responses.retrieve(response.id, { include })).output[1]).toMatchObject({
      results: [{ title: "All of otters" }],
    });
  });

  test.each([
    { tokens: ["Überall 😀", " 【", "1", "】", "!"] },
    { tokens: [..."Überall 😀【1】!"] },
    { tokens: ["Überall 😀 【1†Otters】!"] },
  ])("is streamed by the grammar, with places in characters: $tokens", async ({ tokens }) => {
    web.backend.setDefault(acting([search], "", tokens));
    const { events, final, accumulated } = await postStream(web.url(door), ask);
    expect(events.flatMap(({ type }) => (type.includes("web_search") ? [type] : []))).toEqual([
      "response.web_search_call.in_progress",
      "response.web_search_call.searching",
      "response.web_search_call.completed",
    ]);
    const text = `Überall 😀 ${link(otters)}!`;
    const annotations = [{ type: "url_citation", start_index: 10, end_index: 10 + link(otters).length }];
    for (const response of [final, accumulated])
      expect(response.output).toMatchObject([
        { type: "web_search_call", status: "completed" },
        { content: [{ text, annotations }] },
      ]);
  });

  test("of a former response is shown to the model again", async () => {
    const first = await client.responses.create(ask);
    web.backend.setDefault(acting([], "Cats do not 【2】"));
    const second = await client.responses.create({
      ...ask,
      input: "And cats?",
      previous_response_id: first.id,
    });
    expect(second.output_text).toBe("Cats do not ([cats.example](https://cats.example/))");
    expect(shownOutputs(web.backend.requests.at(-1))).toEqual([expect.stringContaining("【2】 Cats")]);
  });

  test("is searched as the request says", async () => {
    const before = web.engine.queries.length;
    const response = await client.responses.create({
      ...ask,
      tools: [
        { type: "web_search", filters: { allowed_domains: ["cats.example"] }, external_web_access: false },
      ],
      tool_choice: { type: "web_search_preview" },
      include: ["web_search_call.action.sources"],
    });
    expect(response.output[0]).toMatchObject({ action: { sources: [{ url: "https://cats.example/" }] } });
    expect(web.engine.queries.slice(before)).toEqual(["what do otters do site:cats.example"]);
    const offered = web.backend.requests.at(-1)?.body.tools?.map((tool) => tool.function?.name);
    expect(offered).toEqual(["web_search"]);
  });

  test("that fails leaves the answer to the model", async () => {
    web.engine.fails = 500;
    try {
      const { final } = await postStream(web.url(door), ask);
      expect(final).toMatchObject({
        status: "completed",
        output: [{ status: "failed" }, { type: "message" }],
      });
    } finally {
      web.engine.fails = undefined;
    }
    expect(shownOutputs(web.backend.requests.at(-1))).toEqual([
      expect.stringContaining("could not be searched"),
    ]);
    expect(JSON.stringify(await web.gateway.settledLogs())).not.toContain("sk-search-secret");
  });

  test("runs in the background, and is told again when it is read again", async () => {
    const { id } = await client.responses.create({ ...ask, background: true });
    await expect.poll(async () => (await client.responses.retrieve(id)).status).toBe("completed");
    const response = await client.responses.retrieve(id);
    expect(response.output.map(({ type }) => type)).toEqual(["web_search_call", "message"]);
    expect(response.tool_usage).toMatchObject({ web_search: { num_requests: 1 } });
    const types: string[] = [];
    for await (const event of await client.responses.retrieve(id, { stream: true })) types.push(event.type);
    expect(types).toContain("response.web_search_call.completed");
  });
});

describe.for(doorNames)("without a search engine, through %s", (door) => {
  let web: WebDoors;
  beforeAll(async () => {
    web = await startWeb({
      web_search: undefined,
      image_generation: undefined,
      allow_private_networks: false,
    });
    web.backend.setDefault(acting([], "So."));
  });
  afterAll(() => web[Symbol.asyncDispose]());

  test.each(["web_search", "web_search_2025_08_26", "web_search_preview", "image_generation"])(
    "%s is accepted, echoed, named and not offered, and refused where it is wanted",
    async (type) => {
      const ask = { model: "scripted", input: "x", tools: [{ type }] };
      const answer = await post(web.url(door), ask);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("x-gateway-ignored")).toBe(`tools[0].type=${type}`);
      expect(await answer.json()).toMatchObject({ tools: [{ type }] });
      expect(web.backend.requests.at(-1)?.body).not.toHaveProperty("tools");
      const refused = await post(web.url(door), { ...ask, tool_choice: { type } });
      expect([refused.status, await refused.json()]).toMatchObject([
        422,
        { error: { param: "tools[0].type", code: "unsupported_value" } },
      ]);
    },
  );
});
