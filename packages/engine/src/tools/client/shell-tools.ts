import { callActions, type FunctionTool, type OutputShellCall, validate } from "@gateway/protocol";
import { readArguments } from "../read-arguments.ts";
import type { ClientTool } from "./client-tool.ts";
import { faultOf } from "./fault-of.ts";
import { OpenShellCall } from "./open-shell-call.ts";
import { OpenWholeCall } from "./open-whole-call.ts";

/** The older shell tool: one command at a time, as a list of its words. */
export function openLocalShellTool(offered: string): ClientTool {
  return {
    type: "local_shell",
    itemType: "local_shell_call",
    definition: toLocalShellDefinition(offered),
    check: async (args) => faultOf(() => readLocalShell(args)),
    open(id, index, emit, { callId: call_id, args = "" }) {
      const action = readLocalShell(args);
      return new OpenWholeCall(
        { type: "local_shell_call", id, status: "in_progress", call_id, action },
        index,
        emit,
      );
    },
  };
}

/** The shell tool with a local environment. `skills` are told to the model with it. */
export function openShellTool(environment: unknown, offered: string): ClientTool {
  return {
    type: "shell",
    itemType: "shell_call",
    definition: toShellDefinition(offered, environment),
    check: async (args) => faultOf(() => readShell(args)),
    open(id, index, emit, { callId: call_id, args = "" }) {
      const action = readShell(args);
      const item: OutputShellCall = {
        type: "shell_call",
        id,
        status: "in_progress",
        call_id,
        action,
        environment: { type: "local" },
      };
      const call = new OpenShellCall(item, index, emit);
      for (const command of action.commands) call.command(command);
      return call;
    },
  };
}

function readLocalShell(args: string) {
  const { command, env, timeout_ms, user, working_directory, workdir } = readArguments(args);
  const directory = working_directory ?? workdir;
  // What is not said is left out here, as the API does: strict clients refuse nulls.
  return validate(callActions.localShellAction, {
    type: "exec",
    // Small models write the line they would type.
    command: typeof command === "string" ? ["bash", "-lc", command] : command,
    env: env ?? {},
    ...(timeout_ms != null && { timeout_ms }),
    ...(user != null && { user }),
    ...(directory != null && { working_directory: directory }),
  });
}

function readShell(args: string) {
  const { commands, command, timeout_ms, max_output_length } = readArguments(args);
  const given = commands ?? (typeof command === "string" ? command : undefined);
  return validate(callActions.shellAction, {
    commands: typeof given === "string" ? [given] : given,
    timeout_ms: timeout_ms ?? null,
    max_output_length: max_output_length ?? null,
  });
}

const strings = { type: "array", items: { type: "string" }, minItems: 1 };

function toLocalShellDefinition(name: string): FunctionTool {
  return {
    type: "function",
    name,
    description: "Runs a command on the user's machine and returns its output.",
    parameters: {
      type: "object",
      properties: {
        command: {
          ...strings,
          description: 'The program and its arguments, e.g. ["bash", "-lc", "ls -la"].',
        },
        working_directory: { type: "string", description: "Where to run it." },
        timeout_ms: { type: "number", description: "How long it may take, in milliseconds." },
        env: {
          type: "object",
          additionalProperties: { type: "string" },
          description: "Further environment variables.",
        },
      },
      required: ["command"],
      additionalProperties: false,
    },
    strict: false,
  };
}

function toShellDefinition(name: string, environment: unknown): FunctionTool {
  const skills = describeSkills(environment);
  return {
    type: "function",
    name,
    description: `Runs shell commands on the user's machine and returns the output and exit code of each.${skills}`,
    parameters: {
      type: "object",
      properties: {
        commands: { ...strings, description: "The command lines. They may be run side by side." },
        timeout_ms: { type: "number", description: "How long they may take, in milliseconds." },
        max_output_length: { type: "number", description: "Characters of output to return at most." },
      },
      required: ["commands"],
      additionalProperties: false,
    },
    strict: false,
  };
}

/** Skills that lie on the caller's machine: what each is for, and where its instructions are. */
function describeSkills(environment: unknown): string {
  const { skills } = (environment ?? {}) as { skills?: unknown };
  const lines = (Array.isArray(skills) ? skills : []).map(
    ({ name, description, path }) => `- ${name} (${path}): ${description}`,
  );
  return lines.length === 0
    ? ""
    : `\n\nSkills on that machine; read a skill's files before you use it:\n${lines.join("\n")}`;
}
