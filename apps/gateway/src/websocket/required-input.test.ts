import { expect, test } from "vitest";
import { requiredInput } from "./required-input.ts";

test("names the answer of every kind of call that the caller carries out", () => {
  const call = { call_id: "c", status: "completed" };
  const stubs = requiredInput([
    { type: "message" },
    { type: "function_call", name: "f", ...call },
    { type: "custom_tool_call", ...call },
    { type: "computer_call", ...call },
    { type: "shell_call", ...call },
    { type: "apply_patch_call", ...call },
    { type: "tool_search_call", execution: "client", ...call },
    { type: "mcp_approval_request", id: "mcpr_1" },
    { type: "file_search_call", id: "fs_1" },
  ]);
  expect(stubs).toEqual([
    { type: "function_call_output", call_id: "c", name: "f" },
    { type: "custom_tool_call_output", call_id: "c" },
    { type: "computer_call_output", call_id: "c" },
    { type: "shell_call_output", call_id: "c" },
    { type: "apply_patch_call_output", call_id: "c" },
    { type: "tool_search_output", call_id: "c", execution: "client" },
    { type: "mcp_approval_response", approval_request_id: "mcpr_1" },
  ]);
});

test("leaves out calls that are answered, were cut off, or are the server's", () => {
  expect(
    requiredInput([
      { type: "function_call", call_id: "c", name: "f", status: "completed" },
      { type: "function_call_output", call_id: "c" },
      { type: "function_call", call_id: "d", name: "f", status: "incomplete" },
      { type: "tool_search_call", call_id: "e", execution: "server" },
    ]),
  ).toEqual([]);
});
