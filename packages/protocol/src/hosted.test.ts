import { describe, expect, test } from "vitest";
import { ApiError } from "./errors.ts";
import { checkStream, GrammarError } from "./grammar.ts";
import type { Service } from "./hosted-tools.ts";
import { parseCreateRequest } from "./parse-create-request.ts";
import { toInitialResponse } from "./response.ts";
import { toStoredItem } from "./to-stored-item.ts";
import { toVisibleItem } from "./visible-items.ts";

const all = new Set<Service>(["web_search", "image_generation"]);

function parse(fields: object, services: ReadonlySet<Service> = all, strict = false) {
  return parseCreateRequest({ model: "m", input: "x", ...fields }, strict, services);
}

function refusalOf(fields: object, services: ReadonlySet<Service> = all): ApiError {
  try {
    parse(fields, services);
  } catch (thrown) {
    if (thrown instanceof ApiError) return thrown;
    throw thrown;
  }
  throw new Error("it was not refused");
}

const spellings = [
  "web_search",
  "web_search_2025_08_26",
  "web_search_preview",
  "web_search_preview_2025_03_11",
] as const;

describe("a tool that needs a service", () => {
  test.each([...spellings, "image_generation"])("%s has no effect without it, and has with it", (type) => {
    expect(parse({ tools: [{ type }] }, new Set()).ignored).toEqual([`tools[0].type=${type}`]);
    expect(parse({ tools: [{ type }] }).ignored).toEqual([]);
    expect(parse({ tools: [{ type }] }, all, true).ignored).toEqual([]);
    for (const tool_choice of [
      { type },
      "required",
      { type: "allowed_tools", mode: "auto", tools: [{ type }] },
    ]) {
      expect(parse({ tools: [{ type }], tool_choice }).request.tool_choice).toEqual(tool_choice);
      expect(refusalOf({ tools: [{ type }], tool_choice }, new Set())).toMatchObject({
        status: 422,
        code: "unsupported_value",
        param: "tools[0].type",
      });
    }
  });

  test.each(spellings.flatMap((type) => spellings.map((chosen) => [type, chosen] as const)))(
    "declared as %s is chosen as %s",
    (type, chosen) => {
      const tool_choice = { type: chosen };
      expect(parse({ tools: [{ type }], tool_choice }).request.tool_choice).toEqual(tool_choice);
    },
  );

  test("says what of it has no effect", () => {
    const tools = [
      { type: "image_generation", input_image_mask: { file_id: "file-1" }, input_fidelity: "high" },
      { type: "image_generation", action: "edit" },
      { type: "web_search_preview", search_content_types: ["text", "image"] },
      { type: "web_search_preview", search_content_types: ["text"] },
      { type: "web_search", search_content_types: ["image"] },
      { type: "web_search", search_content_types: ["text"] },
    ];
    expect(parse({ tools }).ignored).toEqual([
      "tools[0].input_image_mask",
      "tools[0].input_fidelity",
      "tools[1].type=image_generation",
      "tools[2].search_content_types",
      "tools[4].search_content_types",
    ]);
  });

  test.each([
    [
      { type: "web_search", filters: { allowed_domains: ["https://a.example"] } },
      "filters.allowed_domains[0]",
    ],
    [{ type: "web_search", filters: { blocked_domains: ["a.example/x"] } }, "filters.blocked_domains[0]"],
    [{ type: "web_search", search_context_size: "huge" }, "search_context_size"],
    [{ type: "web_search", user_location: { type: "exact" } }, "user_location.type"],
    [{ type: "web_search", external_web_access: "no" }, "external_web_access"],
    [{ type: "image_generation", size: "big" }, "size"],
    [{ type: "image_generation", partial_images: 4 }, "partial_images"],
    [{ type: "image_generation", quality: "best" }, "quality"],
    [{ type: "image_generation", output_compression: 101 }, "output_compression"],
  ])("%j is a 422 that names the field", (tool, field) => {
    expect(refusalOf({ tools: [tool] })).toMatchObject({ status: 422, param: `tools[0].${field}` });
  });

  test("is echoed with its default", () => {
    const { request } = parse({ tools: [{ type: "web_search", user_location: null }] });
    expect(toInitialResponse(request, "resp_1", 0).tools).toEqual([
      { type: "web_search", user_location: null, search_context_size: "medium" },
    ]);
  });
});

describe("a step in the web that is sent back", () => {
  test("has its effect whether it says what was found or not, as every call that has run here", () => {
    const item = { type: "web_search_call", id: "ws_1", action: { type: "search", query: "q" } };
    const results = [{ url: "https://a.example/", title: "A", text: "t" }];
    const input = [
      item,
      { ...item, results },
      { ...item, action: { ...item.action, sources: [{ url: "https://a" }] } },
      { type: "web_search_call", id: "ws_2", status: "completed" },
      { type: "file_search_call", id: "fs_1", queries: ["q"], results: null },
      { type: "code_interpreter_call", id: "ci_1", code: "1", outputs: null },
      { type: "image_generation_call", id: "ig_1", result: "eA==" },
    ];
    expect(parse({ input }, all, true)).toMatchObject({ ignored: [], request: { input } });
  });

  test("is shown without what was not asked for", () => {
    const sources = [{ type: "url" as const, url: "https://a.example/" }];
    const action = { type: "search" as const, query: "q", queries: ["q"] };
    const item = { type: "web_search_call", id: "ws_1", status: "completed", action: { ...action, sources } };
    const whole = { ...item, results: [], error: null };
    expect(toVisibleItem(whole)).toEqual({ ...item, action });
    expect(toVisibleItem(whole, ["web_search_call.action.sources"])).toEqual(item);
    expect(toVisibleItem(whole, ["web_search_call.results"])).toEqual({ ...whole, action });
    const both = ["web_search_call.results", "web_search_call.action.sources"] as const;
    expect(toVisibleItem(whole, [...both])).toBe(whole);
    expect(toStoredItem({ type: "web_search_call", action: null }, "ws_2")).toMatchObject({
      id: "ws_2",
      status: "completed",
    });
  });
});

describe("the grammar of streams", () => {
  const response = {
    ...toInitialResponse(parse({}).request, "resp_1", 0),
    usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 },
  };

  /** A stream with one item that has these events. */
  function stream(added: object, steps: string[], done: object, extra: object = {}) {
    const of = { item_id: "x_1", output_index: 0 };
    const type = (added as { type: string }).type;
    const events = [
      { type: "response.created", response: { ...response, usage: null, output: [] } },
      { type: "response.in_progress", response: { ...response, usage: null, output: [] } },
      {
        type: "response.output_item.added",
        output_index: 0,
        item: { id: "x_1", status: "in_progress", ...added },
      },
      ...steps.map((step) => ({ type: `response.${type}.${step}`, ...of, ...extra })),
      { type: "response.output_item.done", output_index: 0, item: { id: "x_1", ...added, ...done } },
      {
        type: "response.completed",
        response: {
          ...response,
          status: "completed",
          completed_at: 1,
          output: [{ id: "x_1", ...added, ...done }],
        },
      },
    ];
    return () =>
      checkStream(events.map((event, sequence_number) => ({ ...event, sequence_number })) as never);
  }

  const web = { type: "web_search_call", action: { type: "open_page", url: "https://a.example/" } };
  const image = { type: "image_generation_call", result: null };
  const steps = ["in_progress", "searching", "completed"];
  const drawn = ["in_progress", "generating", "completed"];

  test("lets steps in the web and pictures through", () => {
    expect(stream(web, steps, { status: "completed" })).not.toThrow();
    expect(stream(web, steps.slice(0, 2), { status: "failed" })).not.toThrow();
    expect(stream(image, drawn, { status: "completed", result: "eA==" })).not.toThrow();
    expect(stream(image, drawn.slice(0, 2), { status: "failed" })).not.toThrow();
  });

  test.each([
    ["a step left out", stream(web, ["in_progress", "completed"], { status: "completed" })],
    ["a step in the web that is done too early", stream(web, steps.slice(0, 2), { status: "completed" })],
    [
      "another action",
      stream(web, steps, { status: "completed", action: { type: "open_page", url: "https://b/" } }),
    ],
    ["a failed one that was completed", stream(web, steps, { status: "failed" })],
    ["results before it has any", stream({ ...web, results: [] }, steps, { status: "completed" })],
    ["a picture without one", stream(image, drawn, { status: "completed" })],
    ["a picture that is incomplete", stream(image, drawn.slice(0, 2), { status: "incomplete" })],
    [
      "an unfinished one before it is begun",
      stream(
        image,
        ["partial_image"],
        { status: "failed" },
        { partial_image_index: 0, partial_image_b64: "" },
      ),
    ],
    [
      "unfinished ones miscounted",
      stream(
        image,
        ["in_progress", "generating", "partial_image"],
        { status: "failed" },
        { partial_image_index: 1, partial_image_b64: "" },
      ),
    ],
  ])("finds %s", (_name, check) => {
    expect(check).toThrow(GrammarError);
  });
});
