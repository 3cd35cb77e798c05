import type { CodeInterpreterTool, FunctionTool, Item } from "@gateway/protocol";
import { decodeFileData } from "../decode-file-data.ts";
import type { RequestScope } from "../engine-deps.ts";
import { readArguments } from "../tools/read-arguments.ts";
import { type ServerCall, type ServerTool, ToolInputError } from "../tools/server-tool.ts";
import type { CodeContainers, CodeRun, GivenFile } from "./code-containers.ts";
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
  const context = { used: usedIn(items), files: filesIn(items) };
  const session = await containers.open(scope.tenant, declared.container, context, param);
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

/** The files that messages of a context bring along, the latest first. Those by URL are not among them. */
function filesIn(items: readonly Item[]): GivenFile[] {
  const parts = items.flatMap((item) =>
    item.type === "message" && typeof item.content !== "string" ? item.content : [],
  );
  const files = parts.flatMap((part): GivenFile[] => {
    if (part.type !== "input_file") return [];
    const { file_id: fileId, file_data: data, filename } = part;
    if (fileId != null) return [{ fileId }];
    return data == null ? [] : [{ filename: filename ?? "unnamed", content: () => decodeFileData(data) }];
  });
  return files.reverse();
}

/** The code of a call. Small models write the code itself, or in a fence, or under another name. */
function readCode(args: string): string {
  const expected = 'Expected {"code": "…"}.';
  const bare = /^\s*[[{]/.test(args) ? undefined : toText(args);
  const { code, input, python } = bare === undefined ? readArguments(args, expected) : { code: bare };
  const text = [code, input, python].find((value) => typeof value === "string");
  if (typeof text !== "string" || text.trim() === "")
    throw new ToolInputError(`There is no code. ${expected}`);
  if (text.length > maxCodeChars)
    throw new ToolInputError(`The code is longer than ${maxCodeChars} characters.`);
  return withoutFence(text);
}

/** What a JSON string says; any other text is taken as it is. */
function toText(args: string): string {
  try {
    const value: unknown = JSON.parse(args);
    return typeof value === "string" ? value : args;
  } catch {
    return args;
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
