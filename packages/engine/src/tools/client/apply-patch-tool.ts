import { callActions, type FunctionTool, validate } from "@gateway/protocol";
import { readArguments } from "../read-arguments.ts";
import type { ClientTool } from "./client-tool.ts";
import { faultOf } from "./fault-of.ts";
import { OpenWholeCall } from "./open-whole-call.ts";

/** The tool that creates, changes and deletes files at the caller's. */
export function openApplyPatchTool(offered: string): ClientTool {
  return {
    type: "apply_patch",
    itemType: "apply_patch_call",
    definition: toDefinition(offered),
    check: async (args) => faultOf(() => readOperation(args)),
    open(id, index, emit, { callId: call_id, args = "" }) {
      const operation = readOperation(args);
      return new OpenWholeCall(
        { type: "apply_patch_call", id, status: "in_progress", call_id, operation },
        index,
        emit,
      );
    },
  };
}

function readOperation(args: string) {
  const given = readArguments(args);
  const inner = typeof given.operation === "object" && given.operation !== null ? given.operation : given;
  const { type, path, diff } = inner as Record<string, unknown>;
  return validate(callActions.patchOperation, type === "delete_file" ? { type, path } : { type, path, diff });
}

function toDefinition(name: string): FunctionTool {
  return {
    type: "function",
    name,
    description: [
      "Creates, updates or deletes one file of the user's.",
      "The diff of update_file has one section for each change: a line '@@', if need be followed by the class or function it is in, then lines of the file: a space before those that stay (three around each change), '-' before those that go, '+' before those that come. There are no line numbers.",
      "The diff of create_file is the whole file with '+' before each line. delete_file has none.",
    ].join("\n"),
    parameters: {
      type: "object",
      properties: {
        type: { type: "string", enum: ["create_file", "update_file", "delete_file"] },
        path: { type: "string", description: "The file, relative to the workspace." },
        diff: { type: "string" },
      },
      required: ["type", "path"],
      additionalProperties: false,
    },
    strict: false,
  };
}
