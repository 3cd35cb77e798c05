import type { CodeInterpreterTool, FunctionTool, Item } from "@gateway/protocol";
import type { RequestScope } from "../engine-deps.ts";
import { type ServerCall, type ServerTool, ToolInputError } from "../tools/server-tool.ts";
import type { CodeContainers, CodeRun } from "./code-containers.ts";
import { OpenCodeCall } from "./open-code-call.ts";

/** What the tool is opened with. */
export interface CodeOpening {
  /** The name that the model is to know it by. */
  name: string;
  /** Its path in the request, for errors. */
  param: string;
  scope: Pick<RequestScope, "tenant" | "onFault">;
  containers: CodeContainers;
  /** History, input and what a former process has done, oldest first. */
  items: readonly Item[];
}

/** Characters of code in one call; a model in a loop would write on. */
const maxCodeChars = 200_000;

/** Opens the `code_interpreter` tool of a request. Throws what {@link CodeContainers.open} does. */
export async function openCodeInterpreterTool(
  declared: CodeInterpreterTool,
  { name, param, scope, containers, items }: CodeOpening,
): Promise<ServerTool> {
  const session = await containers.open(scope.tenant, declared.container, usedIn(items), param);
  return {
    type: declared.type,
    itemType: "code_interpreter_call",
    definition: toDefinition(name, containers.description),
    call(args, signal): ServerCall {
      const code = readCode(args);
      let outcome: CodeRun | undefined;
      const work = session.run(code, signal).then((run) => {
        outcome = run;
      });
      return {
        work,
        open: (id, index, emit) =>
          new OpenCodeCall({ id, index, emit, containerId: session.containerId, code }, () => outcome),
      };
    },
  };
}

/** The containers that code of a context was run in, the latest first. */
function usedIn(items: readonly Item[]): string[] {
  const used = items.flatMap((item) =>
    item.type === "code_interpreter_call" && item.container_id != null ? [item.container_id] : [],
  );
  return [...new Set(used.reverse())];
}

/** The code of a call. Small models write the code itself, or in a fence, or under another name. */
function readCode(args: string): string {
  const expected = 'Expected {"code": "…"}.';
  const given = parse(args);
  if (given === undefined) {
    if (/^\s*[[{]/.test(args)) throw new ToolInputError(`The arguments are not valid JSON. ${expected}`);
    return withoutFence(args);
  }
  const { code, input, python } = (
    typeof given === "object" && given !== null ? given : { code: given }
  ) as Record<string, unknown>;
  const text = [code, input, python].find((value) => typeof value === "string");
  if (typeof text !== "string" || text.trim() === "")
    throw new ToolInputError(`There is no code. ${expected}`);
  if (text.length > maxCodeChars)
    throw new ToolInputError(`The code is longer than ${maxCodeChars} characters.`);
  return withoutFence(text);
}

function parse(args: string): unknown {
  try {
    return JSON.parse(args);
  } catch {
    return undefined;
  }
}

function withoutFence(code: string): string {
  const inside = /^\s*```[a-z]*\n([\s\S]*?)\n?```\s*$/.exec(code)?.[1];
  return (inside ?? code).toWellFormed();
}

function toDefinition(name: string, description: string): FunctionTool {
  return {
    type: "function",
    name,
    description,
    parameters: {
      type: "object",
      properties: { code: { type: "string", description: "The Python code to run." } },
      required: ["code"],
      additionalProperties: false,
    },
    strict: false,
  };
}
