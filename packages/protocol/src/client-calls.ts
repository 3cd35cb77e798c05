import * as z from "zod";
import { toolOutputPart } from "./content.ts";
import { listOf } from "./list-of.ts";

const id = z.string().min(1).max(512).nullish();
const callId = z.string().min(1);
const status = z.string().nullish();
/** Who has made a call: here it is always the model. */
const caller = z.unknown().optional();

const customToolCall = z.looseObject({
  type: z.literal("custom_tool_call"),
  id,
  call_id: callId,
  name: z.string().min(1),
  namespace: z.string().nullish(),
  input: z.string(),
  caller,
  async: z.unknown().optional(),
  status,
});

const customToolCallOutput = z.looseObject({
  type: z.literal("custom_tool_call_output"),
  id,
  call_id: callId,
  output: z.union([z.string(), listOf(toolOutputPart)]),
  caller,
  status,
});

const localShellAction = z.looseObject({
  type: z.literal("exec"),
  command: z.array(z.string()).max(10_000),
  env: z.record(z.string(), z.string()).nullish(),
  timeout_ms: z.number().nullish(),
  user: z.string().nullish(),
  working_directory: z.string().nullish(),
});

const localShellCall = z.looseObject({
  type: z.literal("local_shell_call"),
  id,
  call_id: callId,
  action: localShellAction,
  status,
});

/**
 * By the API's reference `id` names the call here, and there is no `call_id`; the SDKs of agents send `call_id` as with
 * every other output, and no `id`. One of both is demanded. What is stored has both.
 */
const localShellCallOutput = z
  .looseObject({
    type: z.literal("local_shell_call_output"),
    id,
    call_id: callId.nullish(),
    output: z.string(),
    status,
  })
  .check(({ value, issues }) => {
    if (value.id != null || value.call_id != null) return;
    issues.push({ code: "invalid_type", expected: "string", input: undefined, path: ["call_id"] });
  });

const shellAction = z.looseObject({
  commands: z.array(z.string()).max(10_000),
  timeout_ms: z.number().nullish(),
  max_output_length: z.number().nullish(),
});

const shellCall = z.looseObject({
  type: z.literal("shell_call"),
  id,
  call_id: callId,
  action: shellAction,
  environment: z
    .looseObject({
      type: z.string(),
      container_id: z.unknown().optional(),
      skills: z.unknown().optional(),
    })
    .nullish(),
  caller,
  status,
});

const shellOutcome = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("exit"), exit_code: z.number() }),
  z.looseObject({ type: z.literal("timeout") }),
]);

const shellCallOutput = z.looseObject({
  type: z.literal("shell_call_output"),
  id,
  call_id: callId,
  output: listOf(z.looseObject({ stdout: z.string(), stderr: z.string(), outcome: shellOutcome })),
  max_output_length: z.number().nullish(),
  caller,
  status,
});

const path = z.string().min(1);
const patchOperation = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("create_file"), path, diff: z.string() }),
  z.looseObject({ type: z.literal("update_file"), path, diff: z.string() }),
  z.looseObject({ type: z.literal("delete_file"), path }),
]);

const applyPatchCall = z.looseObject({
  type: z.literal("apply_patch_call"),
  id,
  call_id: callId,
  operation: patchOperation,
  caller,
  status,
});

const applyPatchCallOutput = z.looseObject({
  type: z.literal("apply_patch_call_output"),
  id,
  call_id: callId,
  status: z.enum(["completed", "failed"]),
  output: z.string().nullish(),
  caller,
});

const x = z.number();
const y = z.number();
const keys = z.array(z.string()).nullish();
const computerAction = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("click"),
    button: z.enum(["left", "right", "wheel", "back", "forward"]),
    x,
    y,
    keys,
  }),
  z.looseObject({ type: z.literal("double_click"), x, y, keys }),
  z.looseObject({ type: z.literal("drag"), path: z.array(z.looseObject({ x, y })), keys }),
  z.looseObject({ type: z.literal("keypress"), keys: z.array(z.string()) }),
  z.looseObject({ type: z.literal("move"), x, y, keys }),
  z.looseObject({ type: z.literal("screenshot") }),
  z.looseObject({ type: z.literal("scroll"), x, y, scroll_x: z.number(), scroll_y: z.number(), keys }),
  z.looseObject({ type: z.literal("type"), text: z.string() }),
  z.looseObject({ type: z.literal("wait") }),
]);

const safetyCheck = z.looseObject({
  id: z.string(),
  code: z.unknown().optional(),
  message: z.unknown().optional(),
});

const computerCall = z.looseObject({
  type: z.literal("computer_call"),
  id,
  call_id: callId,
  action: computerAction.nullish(),
  actions: listOf(computerAction).nullish(),
  pending_safety_checks: z.array(safetyCheck).nullish(),
  status,
});

const computerCallOutput = z.looseObject({
  type: z.literal("computer_call_output"),
  id,
  call_id: callId,
  output: z.looseObject({
    type: z.literal("computer_screenshot"),
    image_url: z.string().nullish(),
    file_id: z.string().nullish(),
  }),
  acknowledged_safety_checks: z.unknown().optional(),
  status,
});

/** Without a `call_id` it tells of a search that a server made by itself. */
const toolSearchCall = z.looseObject({
  type: z.literal("tool_search_call"),
  id,
  call_id: callId.nullish(),
  execution: z.enum(["server", "client"]).nullish(),
  arguments: z.unknown(),
  status,
});

/** Calls of tools that the caller runs, and their outputs, as a caller sends them back. */
export const clientCallItems = [
  customToolCall,
  customToolCallOutput,
  localShellCall,
  localShellCallOutput,
  shellCall,
  shellCallOutput,
  applyPatchCall,
  applyPatchCallOutput,
  computerCall,
  computerCallOutput,
  toolSearchCall,
] as const;

/** What the arguments of a model's call are checked with. */
export const callActions = { localShellAction, shellAction, patchOperation, computerAction };

export type LocalShellAction = z.infer<typeof localShellAction>;
export type ShellAction = z.infer<typeof shellAction>;
export type PatchOperation = z.infer<typeof patchOperation>;
export type ComputerAction = z.infer<typeof computerAction>;
