import { describe, expect, test } from "vitest";
import { ApiError } from "./errors.ts";
import { parseCreateRequest } from "./parse-create-request.ts";
import { toInitialResponse } from "./response.ts";

const docs = { type: "mcp", server_label: "docs", server_url: "https://docs.example.com/mcp" };

function parse(fields: object, strict = false) {
  return parseCreateRequest({ model: "m", input: "hi", ...fields }, strict);
}

function refusalOf(fields: object): ApiError {
  try {
    parse(fields);
  } catch (thrown) {
    if (thrown instanceof ApiError) return thrown;
    throw thrown;
  }
  throw new Error("the request was accepted");
}

describe("the declaration of an MCP server", () => {
  test.for([
    docs,
    { type: "mcp", server_label: "docs", connector_id: "handbook" },
    { ...docs, headers: { "X-Key": "a" }, authorization: "b", server_description: "The handbook." },
    { ...docs, headers: null, authorization: null, allowed_tools: null, require_approval: null },
    { ...docs, allowed_tools: ["a", "b"], require_approval: "never", defer_loading: true },
    { ...docs, allowed_tools: { tool_names: ["a"], read_only: true } },
    { ...docs, require_approval: { always: { tool_names: ["a"] }, never: { read_only: true } } },
  ])("is accepted, also where everything has to have an effect: %j", (tool) => {
    expect(parse({ tools: [tool] }, true).ignored).toEqual([]);
    expect(parse({ tools: [tool], tool_choice: { type: "mcp", server_label: "docs" } }).ignored).toEqual([]);
  });

  test.for([
    [{ type: "mcp" }, "server_label", "missing_required_parameter"],
    [{ type: "mcp", server_label: "docs" }, "server_url", "missing_required_parameter"],
    [{ ...docs, server_label: "no spaces" }, "server_label", "invalid_value"],
    [{ ...docs, server_url: "ftp://docs.example.com" }, "server_url", "invalid_value"],
    [{ ...docs, server_url: "not a url" }, "server_url", "invalid_value"],
    [{ ...docs, server_url: "https://user:hunter2@docs.example.com" }, "server_url", "invalid_value"],
    [{ ...docs, connector_id: "x" }, "connector_id", "mutually_exclusive_parameters"],
    [{ type: "mcp", server_label: "docs", tunnel_id: "t" }, "tunnel_id", "unsupported_value"],
    [{ ...docs, headers: { "bad name": "hunter2" } }, "headers.bad name", "invalid_value"],
    [{ ...docs, headers: { key: "hunter2\n" } }, "headers.key", "invalid_value"],
    [{ ...docs, headers: { Host: "hunter2" } }, "headers.Host", "invalid_value"],
    ...["expect", "Keep-Alive", "proxy-connection", "TE", "trailer", "upgrade"].map(
      (name) => [{ ...docs, headers: { [name]: "hunter2" } }, `headers.${name}`, "invalid_value"] as const,
    ),
    [{ ...docs, headers: { "Content-Length": "5" } }, "headers.Content-Length", "invalid_value"],
    [{ ...docs, authorization: "hunter2\r\nx: y" }, "authorization", "invalid_value"],
    [{ ...docs, authorization: 5 }, "authorization", "invalid_type"],
    [{ ...docs, allowed_tools: "all" }, "allowed_tools", "invalid_type"],
    [{ ...docs, allowed_tools: { read_only: "yes" } }, "allowed_tools.read_only", "invalid_type"],
    [{ ...docs, require_approval: "sometimes" }, "require_approval", "invalid_value"],
    [
      { ...docs, require_approval: { never: { tool_names: "a" } } },
      "require_approval.never.tool_names",
      "invalid_type",
    ],
  ] as const)("is refused as %j", ([tool, field, code]) => {
    const error = refusalOf({ tools: [tool] });
    expect(error).toMatchObject({ status: 422, param: `tools[0].${field}`, code });
    expect(error.message).not.toContain("hunter2");
  });

  test("has a label of its own", () => {
    expect(refusalOf({ tools: [docs, docs] })).toMatchObject({ status: 422, param: "tools[1].server_label" });
  });

  test("may be said again by what a search has found, and by what the context has added before", () => {
    const output = { type: "tool_search_output", tools: [{ ...docs, allowed_tools: ["a"] }] };
    expect(parse({ tools: [docs], input: [output, { ...output, tools: [docs] }] }).ignored).toEqual([]);
    const added = { type: "additional_tools", role: "developer", tools: [docs] };
    expect(parse({ tools: [docs], input: [output, added, added] }).ignored).toEqual([]);
    expect(refusalOf({ tools: [docs], input: [added, { ...added, tools: [docs, docs] }] })).toMatchObject({
      param: "input[1].tools[1].server_label",
    });
  });

  test("is one of 64 at most", () => {
    const many = Array.from({ length: 65 }, (_, n) => ({ ...docs, server_label: `docs_${n}` }));
    expect(parse({ tools: many.slice(1) }).ignored).toEqual([]);
    expect(refusalOf({ tools: many })).toMatchObject({ param: "tools", code: "array_above_max_length" });
  });

  test("is what a choice names", () => {
    const choose = (tool_choice: object) => ({ tools: [docs], tool_choice });
    expect(parse(choose({ type: "mcp", server_label: "docs", name: "a" })).ignored).toEqual([]);
    expect(parse({ tools: [docs], tool_choice: "required" }).ignored).toEqual([]);
    expect(refusalOf(choose({ type: "mcp", server_label: "wiki" }))).toMatchObject({ param: "tool_choice" });
    expect(refusalOf(choose({ type: "mcp" }))).toMatchObject({
      param: "tool_choice.server_label",
      code: "missing_required_parameter",
    });
  });

  test("is echoed without what may be a key, its defaults filled in", () => {
    const secret = {
      ...docs,
      server_url: "https://docs.example.com/mcp?key=hunter2#hunter3",
      headers: { "x-key": "hunter4" },
      authorization: "hunter5",
    };
    const { request } = parse({ tools: [secret] });
    const { tools } = toInitialResponse(request, "resp_1", 0);
    expect(tools).toEqual([{ ...docs, allowed_tools: null, require_approval: "always" }]);
  });
});

describe("items that tell of tools of MCP servers", () => {
  test("are taken as they were sent out, and named by none as ignored", () => {
    const input = [
      {
        type: "mcp_list_tools",
        id: "mcpl_1",
        server_label: "docs",
        tools: [{ name: "a", input_schema: {} }],
      },
      { type: "mcp_call", id: "mcp_1", server_label: "docs", name: "a", arguments: "{}", output: "x" },
      { type: "mcp_approval_request", id: "mcpr_1", server_label: "docs", name: "a", arguments: "{}" },
      { type: "mcp_approval_response", approval_request_id: "mcpr_1", approve: false, reason: "no" },
    ];
    expect(parse({ input }, true)).toMatchObject({ ignored: [], request: { input } });
  });

  test.for([
    [{ type: "mcp_list_tools", server_label: "docs" }, "tools"],
    [{ type: "mcp_list_tools", server_label: "docs", tools: [{}] }, "tools[0].name"],
    [{ type: "mcp_call", server_label: "docs", name: "a" }, "arguments"],
    [{ type: "mcp_approval_request", server_label: "docs", arguments: "{}" }, "name"],
    [{ type: "mcp_approval_response", approve: true }, "approval_request_id"],
    [{ type: "mcp_approval_response", approval_request_id: "x" }, "approve"],
  ] as const)("are refused as %j", ([item, field]) => {
    expect(refusalOf({ input: [item] })).toMatchObject({
      param: `input[0].${field}`,
      code: "missing_required_parameter",
    });
  });
});
