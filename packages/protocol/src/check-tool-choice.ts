import type { CreateRequest } from "./create-request.ts";
import { unprocessable } from "./errors.ts";
import { noServices, type Service, type Services, toolKind } from "./hosted-tools.ts";
import { type PlacedTool, toolsOf } from "./placed-tools.ts";
import { isOffered, type Tool } from "./tools.ts";

/** What a `tool_choice` names a tool by. */
export interface WantedTool {
  type: string;
  name?: unknown;
  namespace?: unknown;
  server_label?: unknown;
}

/**
 * What a `tool_choice` names must be among the tools, and be something this server can offer, with its services. Where there is a history
 * the tools may be there: then only what is refused anyway is found here, and the rest when the history is known. Throws a
 * 422 {@link ApiError} that names the field.
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
  for (const { wanted, param } of wantedIn(choice)) {
    checkNames(wanted, param);
    const named = tools.filter(({ declared }) => isWanted(declared, wanted));
    if (named.some(({ declared }) => isOffered(declared, services))) continue;
    const [refused] = named;
    if (refused !== undefined) refuseTool(refused);
    if (!mayBeEarlier) throw unknownChoice(wanted, param);
  }
}

/** The tools that a choice names, and where it does so: none for one that is a word. */
export function wantedIn(
  choice: NonNullable<CreateRequest["tool_choice"]>,
): { wanted: WantedTool; param: string }[] {
  if (typeof choice === "string") return [];
  if (choice.type !== "allowed_tools") return [{ wanted: choice, param: "tool_choice" }];
  return choice.tools.map((wanted, index) => ({ wanted, param: `tool_choice.tools[${index}]` }));
}

/** The tools of some types have names, and are not named without. */
function checkNames({ type, name }: WantedTool, param: string): void {
  if ((type !== "function" && type !== "custom" && type !== "namespace") || typeof name === "string") return;
  throw unprocessable(`Missing required parameter: '${param}.name'.`, {
    param: `${param}.name`,
    code: "missing_required_parameter",
  });
}

/** Whether a choice names a tool, or one of those inside it. */
function isWanted(declared: Tool, wanted: WantedTool): boolean {
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
export function unknownChoice({ type, name, server_label: label }: WantedTool, param: string) {
  const named = [name, label].find((one) => typeof one === "string") ?? type;
  return unprocessable(`Invalid value for '${param}': '${named}' is not among the tools.`, {
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
  return unprocessable(
    "Invalid value for 'tool_choice': a call is required, but there is no tool to be called.",
    { param: "tool_choice", code: "invalid_value" },
  );
}

function refuseTool({ declared: { type }, param }: PlacedTool): never {
  const key = configuredBy.get(toolKind(type));
  const why =
    key === undefined
      ? "is not supported by this server"
      : `is not available on this server; its operator can set '${key}'`;
  throw unprocessable(`Tool type '${type}' ${why}.`, { param: `${param}.type`, code: "unsupported_value" });
}

/** Where tools that need a service are configured. */
const configuredBy: ReadonlyMap<string, string> = new Map<Service, string>([
  ["web_search", "tools.web_search"],
  ["image_generation", "tools.image_generation"],
  ["code_interpreter", "tools.code_interpreter.enabled"],
]);
