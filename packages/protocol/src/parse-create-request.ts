import { type CreateRequest, createRequest, knownFields } from "./create-request.ts";
import { notFound, unprocessable } from "./errors.ts";
import { type InputItem, isRecordItem, isRefusedItem } from "./items.ts";
import { isFunctionTool, type Tool } from "./tools.ts";
import { validate } from "./validate.ts";

/** A create request that passed every check which needs no store and no backend. */
export interface ParsedCreateRequest {
  request: CreateRequest;
  /** What was accepted but will have no effect, as field paths; goes to `x-gateway-ignored`. */
  ignored: string[];
}

/** Fields that are known, harmless to leave out, and without effect on a chat-completions backend. */
const withoutEffect = ["truncation", "context_management"] as const;

/**
 * Validates the body of `POST /v1/responses`. Throws a 422 {@link ApiError} naming the field; with `strict`
 * everything that would only be listed in `ignored` is a 422 too.
 */
export function parseCreateRequest(body: unknown, strict: boolean): ParsedCreateRequest {
  const request = validate(createRequest, withoutNulls(body));
  checkFeatures(request);
  checkContext(request);
  checkToolChoice(request);
  const ignored = listIgnored(request);
  if (strict && ignored[0] !== undefined) {
    const param = ignored[0].replace(/=.*$/, "");
    throw unprocessable(`'${ignored[0]}' has no effect on this server, and strict_params is on.`, {
      param,
      code: knownFields.has(param) || param.includes("[") ? "unsupported_value" : "unknown_parameter",
    });
  }
  return { request, ignored };
}

/** A top-level null stands for "not given". */
function withoutNulls(body: unknown): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

/** Refuses what this server cannot do and what would change the answer if it were left out. */
function checkFeatures(request: CreateRequest): void {
  if (request.background === true) {
    throw unprocessable("Background responses are not supported by this server.", {
      param: "background",
      code: "unsupported_value",
    });
  }
  if (request.prompt) {
    throw notFound(`Prompt with id '${request.prompt.id}' not found.`, { param: "prompt.id" });
  }
  if (request.multi_agent !== undefined) {
    throw unprocessable("Multi-agent runs are not supported by this server.", {
      param: "multi_agent",
      code: "unsupported_value",
    });
  }
  for (const [index, item] of itemsOf(request).entries()) {
    if (!isRefusedItem(item)) continue;
    throw unprocessable(`Items of type '${item.type}' are not supported by this server.`, {
      param: `input[${index}].type`,
      code: "unsupported_value",
    });
  }
}

function checkContext(request: CreateRequest): void {
  if (request.previous_response_id !== undefined && request.conversation !== undefined) {
    throw unprocessable("'previous_response_id' and 'conversation' cannot be used together.", {
      param: "previous_response_id",
      code: "mutually_exclusive_parameters",
    });
  }
  if (request.input === undefined && !request.previous_response_id && !request.conversation) {
    throw unprocessable("One of 'input', 'previous_response_id' or 'conversation' is required.", {
      param: "input",
      code: "missing_required_parameter",
    });
  }
}

/** What a `tool_choice` names must be among the tools, and be something this server can offer. */
function checkToolChoice({ tools = [], tool_choice: choice }: CreateRequest): void {
  if (choice === undefined || choice === "auto" || choice === "none") return;
  if (choice === "required") {
    if (!tools.some(isFunctionTool)) refuseChoice(tools, "tool_choice");
    return;
  }
  if (choice.type === "allowed_tools") {
    for (const [index, { type, name }] of choice.tools.entries()) {
      if (type === "function" && !declares(tools, name)) unknownChoice(String(name), `tool_choice.tools[${index}]`);
    }
    if (choice.mode === "required" && !choice.tools.some(({ type }) => type === "function"))
      refuseChoice(tools, "tool_choice");
    return;
  }
  if (choice.type === "function") {
    if (!declares(tools, choice.name)) unknownChoice(String(choice.name), "tool_choice");
    return;
  }
  const index = tools.findIndex(({ type }) => type === choice.type);
  if (index < 0) unknownChoice(choice.type, "tool_choice");
  refuseTool(choice.type, index);
}

function declares(tools: Tool[], name: unknown): boolean {
  return tools.some((declared) => isFunctionTool(declared) && declared.name === name);
}

function unknownChoice(name: string, param: string): never {
  throw unprocessable(`Tool choice '${name}' not found in 'tools' parameter.`, { param, code: "invalid_value" });
}

function refuseChoice(tools: Tool[], param: string): never {
  const [first] = tools;
  if (first) refuseTool(first.type, 0);
  throw unprocessable("A tool call is required, but 'tools' is empty.", { param, code: "invalid_value" });
}

function refuseTool(type: string, index: number): never {
  throw unprocessable(`Tool type '${type}' is not supported by this server.`, {
    param: `tools[${index}].type`,
    code: "unsupported_value",
  });
}

function listIgnored(request: CreateRequest): string[] {
  const ignored = Object.keys(request).filter((field) => !knownFields.has(field));
  for (const field of withoutEffect) {
    const value = request[field];
    if (value !== undefined && value !== "disabled" && !ignored.includes(field)) ignored.push(field);
  }
  for (const field of ["context", "mode"] as const) {
    if (request.reasoning?.[field] != null) ignored.push(`reasoning.${field}`);
  }
  for (const [index, value] of (request.include ?? []).entries()) {
    if (value === "reasoning.encrypted_content") ignored.push(`include[${index}]=${value}`);
  }
  for (const [index, declared] of (request.tools ?? []).entries()) {
    if (!isFunctionTool(declared)) ignored.push(`tools[${index}].type=${declared.type}`);
  }
  for (const [index, item] of itemsOf(request).entries()) {
    if (isRecordItem(item)) ignored.push(`input[${index}].type=${item.type}`);
  }
  return ignored;
}

/** The items of the input; a plain string has none yet. */
function itemsOf({ input }: CreateRequest): InputItem[] {
  return Array.isArray(input) ? input : [];
}
