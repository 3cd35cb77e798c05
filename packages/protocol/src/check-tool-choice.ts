import type { CreateRequest } from "./create-request.ts";
import { unprocessable } from "./errors.ts";
import { noServices, type Services, toolKind } from "./hosted-tools.ts";
import { isOffered, type Tool } from "./tools.ts";

/** A tool that a choice names. */
interface Wanted {
  type: string;
  name?: unknown;
  namespace?: unknown;
  server_label?: unknown;
}

/** A tool of the request and its path: `tools[2]`, `input[0].tools[1]`. */
export interface PlacedTool {
  declared: Tool;
  param: string;
  /** True where an item of the input tells of a search that has found it. */
  found?: boolean;
}

/** The tools of a request: those of `tools`, then those that items of its input add. */
export function toolsOf({ tools, input }: Pick<CreateRequest, "tools" | "input">): PlacedTool[] {
  const placed = (tools ?? []).map((declared, index) => ({ declared, param: `tools[${index}]` }));
  for (const [at, item] of (Array.isArray(input) ? input : []).entries()) {
    if (item.type !== "additional_tools" && item.type !== "tool_search_output") continue;
    for (const [index, declared] of item.tools.entries())
      placed.push({
        declared,
        param: `input[${at}].tools[${index}]`,
        ...(item.type === "tool_search_output" && { found: true }),
      });
  }
  return placed;
}

/**
 * What a `tool_choice` names must be among the tools, and be something this server can offer, with its services. Where there is a history
 * the tools may be there: then only what is refused anyway is found here, and the rest when the history is known.
 */
export function checkToolChoice(request: CreateRequest, services: Services = noServices): void {
  const { tool_choice: choice, previous_response_id: previous, conversation } = request;
  if (choice === undefined || choice === "auto" || choice === "none") return;
  const tools = toolsOf(request);
  const mayBeEarlier = previous !== undefined || conversation !== undefined;
  if (choice === "required") {
    if (!mayBeEarlier && !tools.some(({ declared }) => isOffered(declared, services))) refuseRequired(tools);
    return;
  }
  if (choice.type !== "allowed_tools") {
    checkNamed(tools, choice, "tool_choice", mayBeEarlier, services);
    return;
  }
  for (const [index, allowed] of choice.tools.entries()) {
    checkNamed(tools, allowed, `tool_choice.tools[${index}]`, mayBeEarlier, services);
  }
}

function checkNamed(
  tools: readonly PlacedTool[],
  wanted: Wanted,
  param: string,
  mayBeEarlier: boolean,
  services: Services,
): void {
  const { type, name } = wanted;
  if ((type === "function" || type === "custom" || type === "namespace") && typeof name !== "string") {
    throw unprocessable(`Missing required parameter: '${param}.name'.`, {
      param: `${param}.name`,
      code: "missing_required_parameter",
    });
  }
  const named = tools.filter(({ declared }) => isWanted(declared, wanted));
  if (named.some(({ declared }) => isOffered(declared, services))) return;
  const [refused] = named;
  if (refused !== undefined) refuseTool(refused);
  if (!mayBeEarlier) throw unknownChoice(typeof name === "string" ? name : type, param);
}

/** Whether a choice names a tool, or one of those inside it. */
function isWanted(declared: Tool, wanted: Wanted): boolean {
  const { type, name, namespace } = wanted;
  if (type === "computer_use")
    return declared.type === "computer" || declared.type === "computer_use_preview";
  if (type !== "function" && type !== "custom") {
    const { server_label: label } = wanted;
    return (
      toolKind(declared.type) === toolKind(type) &&
      (declared.type !== "namespace" || declared.name === name) &&
      (label == null || (declared as { server_label?: unknown }).server_label === label)
    );
  }
  if (declared.type === "namespace") {
    if (namespace != null && namespace !== declared.name) return false;
    return declared.tools.some((inner) => inner.type === type && inner.name === name);
  }
  return namespace == null && declared.type === type && declared.name === name;
}

/** The refusal of a choice that names a tool which is not there. */
export function unknownChoice(name: string, param: string) {
  return unprocessable(`Invalid value for '${param}': '${name}' is not among the tools.`, {
    param,
    code: "invalid_value",
  });
}

function refuseRequired([first]: readonly PlacedTool[]): never {
  if (first) refuseTool(first);
  throw requiredOfNothing();
}

/** The refusal of a call that is required where there is nothing to call. */
export function requiredOfNothing() {
  return unprocessable("Invalid value for 'tool_choice': a call is required, but 'tools' is empty.", {
    param: "tool_choice",
    code: "invalid_value",
  });
}

function refuseTool({ declared, param }: PlacedTool): never {
  throw unprocessable(`Tool type '${declared.type}' is not supported by this server.`, {
    param: `${param}.type`,
    code: "unsupported_value",
  });
}
