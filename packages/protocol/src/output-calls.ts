import type { ComputerAction, LocalShellAction, PatchOperation, ShellAction } from "./client-calls.ts";

type Status = "in_progress" | "completed" | "incomplete";

/** A call of a caller's function. `arguments` is JSON text as the model wrote it. */
export type OutputFunctionCall = {
  type: "function_call";
  id: string;
  status: Status;
  call_id: string;
  name: string;
  /** Left out for a function that is in no namespace; the name of one that is in none and was loaded later. */
  namespace?: string;
  arguments: string;
};

/** A call of a caller's tool that takes free text. */
export type OutputCustomToolCall = {
  type: "custom_tool_call";
  id: string;
  status: Status;
  call_id: string;
  name: string;
  /** Left out for a tool that is in no namespace. */
  namespace?: string;
  input: string;
};

/** A command for the caller's machine. */
export type OutputLocalShellCall = {
  type: "local_shell_call";
  id: string;
  status: Status;
  call_id: string;
  action: LocalShellAction;
};

/** Commands for a shell at the caller's. */
export type OutputShellCall = {
  type: "shell_call";
  id: string;
  status: Status;
  call_id: string;
  action: ShellAction;
  environment: { type: "local" };
};

/** A file to be created, changed or deleted. The API knows no incomplete one. */
export type OutputApplyPatchCall = {
  type: "apply_patch_call";
  id: string;
  status: "in_progress" | "completed";
  call_id: string;
  operation: PatchOperation;
};

/** Something to be done on a screen: `actions` for the tool `computer`, `action` for its forerunner. */
export type OutputComputerCall = {
  type: "computer_call";
  id: string;
  status: Status;
  call_id: string;
  pending_safety_checks: [];
  action?: ComputerAction;
  actions?: ComputerAction[];
};

/** A search for tools: by the caller, who answers it by its `call_id`, or by this server, which has none. */
export type OutputToolSearchCall = {
  type: "tool_search_call";
  id: string;
  status: Status;
  arguments: unknown;
} & ({ execution: "client"; call_id: string } | { execution: "server"; call_id: null });

/** The tools that a search of this server's has found, as they are declared. */
export type OutputToolSearchOutput = {
  type: "tool_search_output";
  id: string;
  status: Status;
  execution: "server";
  call_id: null;
  tools: Record<string, unknown>[];
};

/** What is told as a whole: nothing of it is known before all is. */
export type OutputWholeCall =
  | OutputLocalShellCall
  | OutputApplyPatchCall
  | OutputComputerCall
  | OutputToolSearchCall
  | OutputToolSearchOutput;

/** A call of a tool that the caller runs. */
export type OutputClientCall = OutputFunctionCall | OutputCustomToolCall | OutputShellCall | OutputWholeCall;
