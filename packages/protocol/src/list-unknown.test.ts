import { describe, expect, test } from "vitest";
import * as z from "zod";
import { parseCountRequest } from "./input-tokens.ts";
import { shapeOf } from "./known-shape.ts";
import { listOf } from "./list-of.ts";
import { listUnknown } from "./list-unknown.ts";
import { parseCreateRequest } from "./parse-create-request.ts";

const base = { model: "m", input: "hi" };
const user = { role: "user", content: "hi" };

function ignoredIn(fields: object): string[] {
  return parseCreateRequest({ ...base, ...fields }, false).ignored;
}

/** One item as the whole input. */
function item(value: object): object {
  return { input: [value] };
}

describe("a field that the API does not have inside of another is named by its path", () => {
  test.each<[path: string, fields: object]>([
    ["reasoning.foo", { reasoning: { foo: 1 } }],
    ["text.foo", { text: { foo: 1 } }],
    ["text.format.foo", { text: { format: { type: "text", foo: 1 } } }],
    ["text.format.foo", { text: { format: { type: "json_schema", name: "a", schema: {}, foo: 1 } } }],
    ["stream_options.foo", { stream: true, stream_options: { foo: 1 } }],
    ["context_management[0].foo", { context_management: [{ type: "compaction", foo: 1 }] }],
    ["conversation.foo", { conversation: { id: "conv_1", foo: 1 } }],
    ["prompt.foo", { prompt: { id: "pmpt_1", foo: 1 } }],
    ["tools[0].foo", { tools: [{ type: "function", name: "f", foo: 1 }] }],
    [
      "tools[1].tools[0].foo",
      {
        tools: [
          { type: "custom", name: "c" },
          { type: "namespace", name: "n", tools: [{ type: "function", name: "f", foo: 1 }] },
        ],
      },
    ],
    [
      "tools[0].require_approval.always.foo",
      {
        tools: [
          {
            type: "mcp",
            server_label: "a",
            server_url: "https://a.example/",
            require_approval: { always: { tool_names: ["x"], foo: 1 } },
          },
        ],
      },
    ],
    [
      "tools[0].ranking_options.foo",
      { tools: [{ type: "file_search", vector_store_ids: ["vs_1"], ranking_options: { foo: 1 } }] },
    ],
    [
      "tool_choice.foo",
      { tools: [{ type: "function", name: "f" }], tool_choice: { type: "function", name: "f", foo: 1 } },
    ],
    ["input[0].zzz", item({ ...user, zzz: 1 })],
    ["input[0].zzz", item({ ...user, type: "message", zzz: false })],
    ["input[0].zzz", item({ id: "msg_1", zzz: 1 })],
    ["input[0].content[0].zzz", item({ ...user, content: [{ type: "input_text", text: "x", zzz: 1 }] })],
    [
      "input[0].output[0].zzz",
      item({
        type: "function_call_output",
        call_id: "c",
        output: [{ type: "input_text", text: "", zzz: 1 }],
      }),
    ],
    ["input[0].action.zzz", item({ type: "shell_call", call_id: "c", action: { commands: [], zzz: 1 } })],
    [
      "input[0].tools[0].zzz",
      item({ type: "additional_tools", role: "developer", tools: [{ type: "custom", name: "c", zzz: 1 }] }),
    ],
    ["input[0].__proto__", item({ ...user, ...(JSON.parse('{"__proto__": 1}') as object) })],
    ["reasoning.constructor", { reasoning: { constructor: 1 } }],
  ])("%s", (path, fields) => {
    expect(ignoredIn(fields)).toEqual([path]);
    expect(() => parseCreateRequest({ ...base, ...fields }, true)).toThrow(
      expect.objectContaining({ status: 422, param: path, code: "unknown_parameter" }),
    );
  });

  test("but a null is as good as none", () => {
    expect(ignoredIn({ reasoning: { foo: null }, ...item({ ...user, zzz: null }) })).toEqual([]);
  });

  test("and none of those is looked into that may hold anything", () => {
    const schema = { type: "object", properties: { foo: { bar: 1 } }, "x-foo": 1 };
    const tools = [
      { type: "function", name: "f", parameters: schema, output_schema: null },
      { type: "mcp", server_label: "a", server_url: "https://a.example/", headers: { "x-foo": "1" } },
      {
        ...{ type: "file_search", vector_store_ids: ["vs_1"] },
        filters: { type: "and", filters: [{ type: "eq", key: "foo", value: 1 }] },
      },
    ];
    const fields = {
      ...{ tools, metadata: { foo: "1" } },
      text: { format: { type: "json_schema", name: "a", schema } },
      prompt: { id: "pmpt_1", variables: { foo: "1", bar: { type: "input_text", text: "x" } } },
      input: [
        { type: "tool_search_call", arguments: { foo: 1 } },
        { type: "mcp_list_tools", server_label: "a", tools: [{ name: "x", input_schema: schema }] },
        { type: "local_shell_call", call_id: "c", action: { type: "exec", command: [], env: { FOO: "1" } } },
      ],
    };
    expect(ignoredIn(fields)).toEqual([]);
  });

  test("but all that a choice may name a tool by is known", () => {
    const tools = [
      { type: "mcp", server_label: "a", server_url: "https://a.example/" },
      { type: "function", name: "f" },
    ];
    const allowed = [
      { type: "mcp", server_label: "a", name: "x" },
      { type: "function", name: "f", namespace: null },
    ];
    expect(
      ignoredIn({ tools, tool_choice: { type: "allowed_tools", mode: "auto", tools: allowed } }),
    ).toEqual([]);
  });

  test("what the API has and has no effect is named, too, and is not unknown", () => {
    const content = [
      { type: "input_text", text: "x", prompt_cache_breakpoint: { mode: "explicit" } },
      { type: "input_file", file_id: "file-1", detail: "high" },
    ];
    const fields = item({ ...user, content });
    expect(ignoredIn(fields)).toEqual([
      "input[0].content[0].prompt_cache_breakpoint",
      "input[0].content[1].detail",
    ]);
    expect(() => parseCreateRequest({ ...base, ...fields }, true)).toThrow(
      expect.objectContaining({
        code: "unsupported_value",
        param: "input[0].content[0].prompt_cache_breakpoint",
      }),
    );
  });
});

describe("what an answer brings along when it is sent back is not named", () => {
  const text = { type: "output_text", text: "x", annotations: [], logprobs: [], parsed: { a: 1 } };
  test.each<[what: string, value: object]>([
    [
      "a message",
      { type: "message", role: "assistant", phase: "final_answer", content: [text], output_text: "x" },
    ],
    [
      "a message of Codex",
      { type: "message", role: "user", content: "x", internal_chat_message_metadata_passthrough: {} },
    ],
    [
      "a call",
      {
        ...{ type: "function_call", call_id: "c", name: "f", namespace: "n", arguments: "{}", async: false },
        ...{ parsed_arguments: {}, parallel_to: "fc_1", caller: { type: "direct" } },
      },
    ],
    ["an output", { type: "function_call_output", call_id: "c", output: "x", name: "f", caller: null }],
    ["a thought", { type: "reasoning", summary: [], content: null, encrypted_content: null }],
    [
      "a shell's output",
      {
        ...{ type: "shell_call_output", call_id: "c", max_output_length: null },
        output: [{ stdout: "", stderr: "", outcome: { type: "exit", exit_code: 0 }, created_by: "x" }],
      },
    ],
    [
      "a picture",
      {
        ...{ type: "image_generation_call", result: "eA==", action: "generate", background: "opaque" },
        ...{ output_format: "png", quality: "low", size: "1x1", revised_prompt: "x", error: null },
      },
    ],
    [
      "a step in the web",
      {
        type: "web_search_call",
        action: {
          type: "search",
          query: "q",
          queries: ["q"],
          sources: [{ type: "url", url: "https://a.example" }],
        },
        results: [{ url: "https://a.example", title: "", text: "", published_at: null }],
      },
    ],
    [
      "a call of a server's tool",
      { type: "mcp_call", server_label: "a", name: "x", arguments: "", error: null },
    ],
    [
      "a search in files",
      {
        ...{ type: "file_search_call", queries: ["q"] },
        results: [{ file_id: "file-1", filename: "a", score: 1, text: "x", vector_store_id: "vs_1" }],
      },
    ],
    ["compacted context", { type: "compaction", encrypted_content: "x", created_by: "x" }],
    [
      "a computer's screen",
      {
        ...{ type: "computer_call_output", call_id: "c", acknowledged_safety_checks: [{ id: "1" }] },
        output: { type: "computer_screenshot", image_url: "https://a.example/" },
      },
    ],
  ])("%s", (_what, value) => {
    const fields = item({ id: "x_1", status: "completed", created_by: "someone", ...value });
    expect(parseCreateRequest({ ...base, ...fields }, true).ignored).toEqual([]);
  });
});

describe("of fields that are many", () => {
  const foreign = (count: number) => Array.from({ length: count }, () => ({ ...user, zzz: 1 }));

  test("up to three of a kind are named one by one, more of them as one", () => {
    expect(ignoredIn({ input: foreign(3) })).toEqual(["input[0].zzz", "input[1].zzz", "input[2].zzz"]);
    expect(ignoredIn({ input: foreign(4) })).toEqual(["input[].zzz"]);
    expect(ignoredIn({ input: foreign(100), reasoning: { foo: 1 } })).toEqual([
      "input[].zzz",
      "reasoning.foo",
    ]);
  });

  test("strict_params names the first", () => {
    expect(() => parseCreateRequest({ ...base, input: [user, ...foreign(9)] }, true)).toThrow(
      expect.objectContaining({ param: "input[1].zzz", message: expect.stringContaining("'input[1].zzz'") }),
    );
  });

  test("fifty kinds are named", () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`k${index}`, 1]));
    expect(ignoredIn({ ...item({ ...user, ...many }), reasoning: { foo: 1 } })).toHaveLength(50);
  });

  test("and nothing is looked at behind the fiftieth", () => {
    let read = 0;
    const value = Object.defineProperties(
      {},
      Object.fromEntries(
        Array.from({ length: 1000 }, (_, index) => [`k${index}`, { enumerable: true, get: () => ++read }]),
      ),
    );
    const shape = { fields: new Map([["a", { fields: new Map() }]]) };
    expect(listUnknown(shape, { a: value }, new Map())).toHaveLength(50);
    expect(read).toBe(50);
  });
});

test("a name of any length is cut where it is told, be it of a field or of one within", () => {
  const long = "k".repeat(5_000);
  for (const [fields, path] of [
    [item({ ...user, [long]: 1 }), "input[0]."],
    [{ [long]: 1 }, ""],
  ] as const) {
    const shown = `${path}${"k".repeat(100)}…`;
    expect(ignoredIn(fields)).toEqual([shown]);
    expect(() => parseCreateRequest({ ...base, ...fields }, true)).toThrow(
      expect.objectContaining({ param: shown, message: expect.stringContaining(`'${shown}'`) }),
    );
  }
  expect(() => parseCountRequest({ ...base, [long]: 1 }, true)).toThrow(
    expect.objectContaining({ param: `${"k".repeat(100)}…` }),
  );
});

describe("the shape of a schema", () => {
  test("is what it has of fields, lists and types, without what is free-form", () => {
    const schema = z.looseObject({
      list: listOf(z.looseObject({ a: z.string() })).nullish(),
      either: z.union([
        z.string(),
        z.array(z.discriminatedUnion("type", [z.looseObject({ type: z.enum(["x", "y"]) })])),
      ]),
      free: z.record(z.string(), z.looseObject({})),
      closed: z.strictObject({ a: z.string() }),
    });
    const typed = { fields: new Map([["type", null]]) };
    const byType = new Map([
      ["x", typed],
      ["y", typed],
    ]);
    expect(shapeOf(schema)).toEqual({
      fields: new Map<string, object | null>([
        ["list", { elements: { fields: new Map([["a", null]]) } }],
        ["either", { elements: { byType } }],
        ["free", null],
        ["closed", null],
      ]),
    });
  });

  test("lets the walk see a value as the schema completes it", () => {
    const schema = z.looseObject({
      a: z.preprocess(
        (value) => ({ type: "x", ...(value as object) }),
        z.discriminatedUnion("type", [z.looseObject({ type: z.literal("x"), known: z.unknown() })]),
      ),
    });
    const found = listUnknown(shapeOf(schema) ?? {}, { a: { known: 1, foo: 1 } }, new Map());
    expect(found).toEqual([{ path: "a.foo", key: "foo", names: ["a.foo"] }]);
  });
});
