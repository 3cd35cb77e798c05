import { errorAnswer } from "@gateway/testkit";
import { expect } from "vitest";
import type { Case, Fields, Refused } from "../case.ts";

/** A request that is refused before any model is asked. */
function refusing(name: string, send: Fields | string, refused: Refused): Case {
  return { name, turns: [{ send, expect: { refused } }] };
}

const missing = (param: string) => ({ status: 422, code: "missing_required_parameter", param });
const wrong = (param: string, code = "invalid_value") => ({ status: 422, code, param });
const call = { type: "function_call", call_id: "call_1", name: "f", arguments: "{}" };
const output = { type: "function_call_output", call_id: "call_1", output: "x" };

/** Requests that come to no response, through their own fault or the model server's. */
export const errorCases: readonly Case[] = [
  refusing("a body that is no JSON", '{"model": "x", ', { status: 400, code: null, param: null }),
  refusing("no model", { model: undefined }, missing("model")),
  refusing("no input", { input: undefined }, missing("input")),
  refusing("a field of a wrong type", { temperature: "hot" }, wrong("temperature", "invalid_type")),
  refusing("a number out of range", { top_p: 1.5 }, wrong("top_p", "decimal_above_max_value")),
  refusing(
    "a limit that is too low",
    { max_output_tokens: 1 },
    wrong("max_output_tokens", "integer_below_min_value"),
  ),
  refusing(
    "fields that exclude each other",
    { previous_response_id: "resp_a", conversation: "conv_a" },
    {
      status: 422,
      code: "mutually_exclusive_parameters",
      param: "previous_response_id",
    },
  ),
  refusing(
    "a model that is not there",
    { model: "nobody" },
    { status: 404, code: "model_not_found", param: "model" },
  ),
  refusing(
    "a former response that is not there",
    { previous_response_id: "resp_none" },
    {
      status: 404,
      code: "previous_response_not_found",
      param: "previous_response_id",
    },
  ),
  refusing(
    "a conversation that is not there",
    { conversation: "conv_none" },
    {
      status: 404,
      code: null,
      param: "conversation",
    },
  ),
  refusing(
    "an item that is not there",
    { input: [{ type: "item_reference", id: "msg_none" }] },
    {
      status: 404,
      code: null,
      param: "input[0].id",
    },
  ),
  refusing("a call without its output", { input: [call] }, { status: 422, code: null, param: "input" }),
  refusing("an output without its call", { input: [output] }, { status: 422, code: null, param: "input" }),
  refusing("an item of an unknown type", { input: [{ type: "song" }] }, wrong("input[0].type")),
  refusing(
    "an item that cannot be carried out",
    { input: [{ type: "program", code: "1" }] },
    wrong("input[0].type", "unsupported_value"),
  ),
  refusing("something to include that there is not", { include: ["everything"] }, wrong("include[0]")),
  refusing("a tool of an unknown type", { tools: [{ type: "teleport" }] }, wrong("tools[0].type")),
  refusing("several agents", { multi_agent: {} }, wrong("multi_agent", "unsupported_value")),
  {
    name: "a model server that has too much to do",
    turns: [
      {
        send: {},
        model: [
          errorAnswer(
            429,
            { message: "Slow down.", type: "requests", code: "rate_limit_exceeded" },
            { "retry-after": "7" },
          ),
        ],
        expect: {
          refused: {
            status: 429,
            type: "requests",
            code: "rate_limit_exceeded",
            param: null,
            message: expect.stringContaining("Slow down."),
            retryAfter: "7",
          },
        },
      },
    ],
  },
  {
    name: "a model server that fails",
    turns: [
      {
        send: {},
        model: [errorAnswer(500, { message: "Out of memory." })],
        expect: { refused: { status: 500, type: "server_error", code: "upstream_error", param: null } },
      },
    ],
  },
  {
    name: "a model server that fails, asked with a field that has no effect",
    turns: [
      {
        send: { not_a_field: 1 },
        model: [errorAnswer(500)],
        expect: {
          refused: { status: 500, type: "server_error", code: "upstream_error", param: null },
          ignored: "not_a_field",
        },
      },
    ],
  },
  {
    name: "a model server that does not take the gateway's key",
    turns: [
      {
        send: {},
        model: [errorAnswer(401, { message: "Wrong key." })],
        expect: { refused: { status: 500, type: "server_error", code: "upstream_auth", param: null } },
      },
    ],
  },
  {
    name: "a context that is too long for the model",
    turns: [
      {
        send: {},
        model: [
          errorAnswer(400, {
            message: "Too long.",
            type: "invalid_request_error",
            code: "context_length_exceeded",
          }),
        ],
        expect: { refused: { status: 400, code: "context_length_exceeded", param: "input" } },
      },
    ],
  },
];
