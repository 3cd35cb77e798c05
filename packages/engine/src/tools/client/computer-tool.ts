import {
  type ComputerAction,
  type ComputerPreviewTool,
  callActions,
  type FunctionTool,
  type OutputComputerCall,
  validate,
} from "@gateway/protocol";
import { readArguments } from "../read-arguments.ts";
import type { ClientTool } from "./client-tool.ts";
import { faultOf } from "./fault-of.ts";
import { OpenWholeCall } from "./open-whole-call.ts";

/** The computer tools: the present one takes several actions in a call, its forerunner one. */
export function openComputerTool(
  declared: { type: "computer" } | ComputerPreviewTool,
  offered: string,
): ClientTool {
  const single = declared.type === "computer_use_preview";
  const read = (args: string): Pick<OutputComputerCall, "action" | "actions"> => {
    const actions = readActions(args, single);
    return single ? { action: actions[0] as ComputerAction } : { actions };
  };
  return {
    type: declared.type,
    itemType: "computer_call",
    definition: toDefinition(declared, offered),
    check: async (args) => faultOf(() => read(args)),
    open: (id, index, emit, { callId: call_id, args = "" }) =>
      new OpenWholeCall(
        {
          type: "computer_call",
          id,
          status: "in_progress",
          call_id,
          pending_safety_checks: [],
          ...read(args),
        },
        index,
        emit,
      ),
  };
}

function readActions(args: string, single: boolean): ComputerAction[] {
  const { actions, action, ...flat } = readArguments(args);
  const given = actions ?? action ?? flat;
  const list = Array.isArray(given) ? given : [given];
  if (list.length === 0 || (single && list.length > 1)) return [readAction(undefined)];
  return list.map(readAction);
}

function readAction(given: unknown): ComputerAction {
  const { type, button, x, y, path, keys, scroll_x, scroll_y, text } = (given ?? {}) as Record<
    string,
    unknown
  >;
  const at = { type, x, y };
  const held = keys === undefined ? {} : { keys };
  switch (type) {
    case "click":
      return validate(callActions.computerAction, { ...at, button: button ?? "left", ...held });
    case "double_click":
      return validate(callActions.computerAction, { ...at, keys: keys ?? null });
    case "move":
      return validate(callActions.computerAction, { ...at, ...held });
    case "scroll":
      return validate(callActions.computerAction, {
        ...at,
        scroll_x: scroll_x ?? 0,
        scroll_y: scroll_y ?? 0,
        ...held,
      });
    case "drag":
      return validate(callActions.computerAction, { type, path, ...held });
    case "keypress":
      return validate(callActions.computerAction, { type, keys });
    case "type":
      return validate(callActions.computerAction, { type, text });
    default:
      return validate(callActions.computerAction, { type });
  }
}

const number = { type: "number" };
const actionSchema = {
  type: "object",
  properties: {
    type: {
      type: "string",
      enum: ["click", "double_click", "drag", "keypress", "move", "screenshot", "scroll", "type", "wait"],
    },
    x: { ...number, description: "Of click, double_click, move and scroll, in pixels from the left." },
    y: { ...number, description: "Of click, double_click, move and scroll, in pixels from the top." },
    button: { type: "string", enum: ["left", "right", "wheel", "back", "forward"] },
    scroll_x: number,
    scroll_y: number,
    path: {
      type: "array",
      items: { type: "object", properties: { x: number, y: number }, required: ["x", "y"] },
      description: "Of drag: the points to go through.",
    },
    keys: {
      type: "array",
      items: { type: "string" },
      description: "Of keypress: the keys to press together. Of the others: keys to hold.",
    },
    text: { type: "string", description: "Of type: what to type." },
  },
  required: ["type"],
};

function toDefinition(declared: { type: "computer" } | ComputerPreviewTool, name: string): FunctionTool {
  const single = declared.type === "computer_use_preview";
  const screen =
    declared.type === "computer_use_preview"
      ? ` It is a ${declared.environment} with a screen of ${declared.display_width} by ${declared.display_height} pixels.`
      : "";
  return {
    type: "function",
    name,
    description: `Uses the user's computer and returns a screenshot.${screen}`,
    parameters: {
      type: "object",
      properties: single
        ? { action: actionSchema }
        : {
            actions: { type: "array", items: actionSchema, minItems: 1, description: "Done in this order." },
          },
      required: [single ? "action" : "actions"],
      additionalProperties: false,
    },
    strict: false,
  };
}
