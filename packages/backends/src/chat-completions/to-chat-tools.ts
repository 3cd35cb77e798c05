import type { ModelTurn } from "@gateway/engine";
import type { FunctionTool } from "@gateway/protocol";
import type { ChatRequest, ChatTool } from "./chat-request.ts";
import type { ChatDialect } from "./dialect.ts";

type ToolFields = Pick<ChatRequest, "tools" | "tool_choice" | "parallel_tool_calls">;

/**
 * The fields about tools; none where no tool may be called, since not being shown a tool is what every model
 * obeys. "auto" is the default and is not sent.
 */
export function toChatTools(turn: ModelTurn, dialect: ChatDialect): ToolFields {
  const { toolChoice: choice } = turn;
  if (turn.tools.length === 0 || choice === "none") return {};
  const fields: ToolFields = { tools: turn.tools.map(toChatTool) };
  if (choice === "required") fields.tool_choice = "required";
  else if (choice !== "auto") {
    if (dialect.namedToolChoice) {
      fields.tool_choice = { type: "function", function: { name: choice.name } };
    } else {
      fields.tools = turn.tools.filter(({ name }) => name === choice.name).map(toChatTool);
      fields.tool_choice = "required";
    }
  }
  if (turn.request.parallel_tool_calls !== undefined)
    fields.parallel_tool_calls = turn.request.parallel_tool_calls;
  return fields;
}

function toChatTool({ name, description, parameters, strict }: FunctionTool): ChatTool {
  const declared: ChatTool["function"] = {
    name,
    parameters: parameters ?? { type: "object", properties: {} },
  };
  if (description != null) declared.description = description;
  if (strict != null) declared.strict = strict;
  return { type: "function", function: declared };
}
