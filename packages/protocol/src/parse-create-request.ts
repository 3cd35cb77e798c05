import { checkMcpTools } from "./check-mcp-tools.ts";
import { checkToolChoice } from "./check-tool-choice.ts";
import { type CreateRequest, createRequest, knownFields } from "./create-request.ts";
import { unprocessable } from "./errors.ts";
import { noServices, type Services } from "./hosted-tools.ts";
import { type InputItem, isRefusedItem } from "./items.ts";
import { type Ignored, listIgnored } from "./list-ignored.ts";
import { toolsOf } from "./placed-tools.ts";
import { validate } from "./validate.ts";

/** A create request that passed every check which needs no store and no backend. */
export interface ParsedCreateRequest {
  request: CreateRequest;
  /** What was accepted but will have no effect, as field paths; goes to `x-gateway-ignored`. */
  ignored: string[];
}

/**
 * Validates the body of `POST /v1/responses`. Throws a 422 {@link ApiError} naming the field; with `strict`
 * everything that would only be listed in `ignored` is a 422 too. `services` says which hosted tools are carried out.
 */
export function parseCreateRequest(
  body: unknown,
  strict: boolean,
  services: Services = noServices,
): ParsedCreateRequest {
  const given = withoutNulls(body);
  const request = validate(createRequest, given);
  checkFeatures(request);
  checkTrigger(request.input);
  checkContext(request);
  checkMcpTools(toolsOf(request));
  checkToolChoice(request, services);
  const ignored = listIgnored(request, given as object, services);
  // What nobody reads is not kept in memory while the model works.
  for (const field of Object.keys(request)) if (!knownFields.has(field)) delete request[field];
  const [first] = ignored;
  if (strict && first !== undefined) {
    throw unprocessable(
      `'${first.names === undefined ? nameOf(first) : first.param}' has no effect on this server, and strict_params is on.`,
      {
        param: first.param,
        code: first.documented ? "unsupported_value" : "unknown_parameter",
      },
    );
  }
  return { request, ignored: ignored.flatMap((one) => one.names ?? nameOf(one)) };
}

function nameOf({ param, value }: Ignored): string {
  return value === undefined ? param : `${param}=${value}`;
}

/** A top-level null stands for "not given". */
function withoutNulls(body: unknown): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

/** Refuses what this server cannot do and what would change the answer if it were left out. */
function checkFeatures(request: CreateRequest): void {
  if (request.background === true && request.store === false) {
    throw unprocessable("A background response has to be stored: leave out 'store', or set it to true.", {
      param: "background",
      code: "unsupported_value",
    });
  }
  if (blocks(request.moderation)) {
    throw unprocessable("Blocking moderation is not supported by this server.", {
      param: "moderation",
      code: "unsupported_value",
    });
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

/**
 * A `compaction_trigger` asks for what is before it to be compacted, so it comes last. Throws a 422 that names it
 * where it does not.
 */
function checkTrigger(input: CreateRequest["input"]): void {
  const items = Array.isArray(input) ? input : [];
  const index = items.findIndex(({ type }) => type === "compaction_trigger");
  if (index < 0 || index === items.length - 1) return;
  throw unprocessable(`Invalid 'input[${index}]': a compaction_trigger must be the last item of the input.`, {
    param: `input[${index}]`,
    code: "invalid_value",
  });
}

/** Whether `moderation` asks to keep something from the caller or the model: that cannot be left out in silence. */
function blocks(moderation: unknown): boolean {
  const policy = (moderation as { policy?: Record<string, { mode?: unknown } | null> | null } | null)?.policy;
  return Object.values(policy ?? {}).some((rule) => rule?.mode === "block");
}

function checkContext(request: CreateRequest): void {
  if (request.previous_response_id !== undefined && request.conversation !== undefined) {
    throw unprocessable("'previous_response_id' and 'conversation' cannot be used together.", {
      param: "previous_response_id",
      code: "mutually_exclusive_parameters",
    });
  }
  const { prompt, previous_response_id: previous, conversation } = request;
  if (request.input === undefined && !prompt && !previous && !conversation) {
    throw unprocessable("One of 'input', 'prompt', 'previous_response_id' or 'conversation' is required.", {
      param: "input",
      code: "missing_required_parameter",
    });
  }
}

/** The items of the input; a plain string has none yet. */
function itemsOf({ input }: CreateRequest): InputItem[] {
  return Array.isArray(input) ? input : [];
}
