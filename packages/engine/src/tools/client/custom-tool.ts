import type { CustomTool, FunctionTool } from "@gateway/protocol";
import type { CallFault, ClientTool } from "./client-tool.ts";
import { readCustomInput } from "./custom-input-reader.ts";
import type { Effort } from "./grammar/effort.ts";
import { type InputGrammar, openInputGrammar } from "./grammar/input-grammar.ts";
import { OpenCustomCall } from "./open-custom-call.ts";

const code = "custom_tool_input_invalid";

/** What a custom tool is opened with. */
interface Opening {
  /** The name it is offered under. */
  offered: string;
  namespace: string | undefined;
  /** Its path in the request, for errors: `tools[0]`. */
  param: string;
  /** Is told of inputs that could not be checked. */
  onFault(message: string): void;
}

/**
 * A tool that takes free text. The model sees a function of one string; where the text has a grammar, calls are held back
 * until they have been checked. Throws a 422 for a grammar that cannot be read.
 */
export function openCustomTool(
  declared: CustomTool,
  { offered, namespace, param, onFault }: Opening,
): ClientTool {
  const { name } = declared;
  const grammar = openInputGrammar(declared.format, `${param}.format`);
  const check = async (args: string, effort: Effort): Promise<CallFault | undefined> => {
    const input = readCustomInput(args);
    const found = await grammar?.check(input, effort);
    if (found === undefined) return undefined;
    if (found !== "undecided") return { message: found, code };
    onFault(`an input of '${name}' could not be checked: it has ${input.length} characters`);
    return {
      message: `The input, of ${input.length} characters, is too much to be checked against its grammar: it has to be shorter.`,
      code,
      undecided: true,
    };
  };
  return {
    type: "custom",
    name,
    namespace,
    itemType: "custom_tool_call",
    definition: toDefinition(declared, offered, grammar),
    ...(grammar && { check, input: { tool: offered, constraint: () => grammar.constraint() } }),
    open(id, index, emit, { callId, args }) {
      const call = new OpenCustomCall(id, index, emit, { callId, name, namespace });
      if (args !== undefined) call.arguments(args);
      return call;
    },
  };
}

function toDefinition(
  { description }: CustomTool,
  name: string,
  grammar: InputGrammar | undefined,
): FunctionTool {
  const texts = [description, grammar?.note].filter((text) => text != null && text !== "");
  const input = {
    type: "string",
    description: "The input of the tool, as plain text.",
    ...(grammar?.pattern !== undefined && { pattern: grammar.pattern }),
  };
  return {
    type: "function",
    name,
    ...(texts.length > 0 && { description: texts.join("\n\n") }),
    parameters: {
      type: "object",
      properties: { input },
      required: ["input"],
      additionalProperties: false,
    },
    strict: false,
  };
}
