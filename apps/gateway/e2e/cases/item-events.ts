import type { OutputItem, ResponseEvent } from "@gateway/protocol";

const added = "response.output_item.added";
const done = "response.output_item.done";

/**
 * The types of all events that tell of a response with these items, in order. What may come several times in one item,
 * such as a delta, is named once.
 */
export function toExpectedTypes(output: readonly OutputItem[], status: string): string[] {
  return [
    "response.created",
    "response.in_progress",
    ...output.flatMap((item) => [added, ...typesInside(item), done]),
    `response.${status}`,
  ];
}

/**
 * The types of the events of a stream in the form of {@link toExpectedTypes}: items in the order in which they begin, each
 * with all that is told of it. Which events of two items may come between each other is the grammar's matter.
 */
export function toSeenTypes(events: readonly ResponseEvent[]): string[] {
  const before: string[] = [];
  const after: string[] = [];
  const items = new Map<number, Set<string>>();
  for (const event of events) {
    if ("output_index" in event) {
      const types = items.get(event.output_index) ?? new Set();
      items.set(event.output_index, types.add(event.type));
    } else (items.size === 0 ? before : after).push(event.type);
  }
  return [...before, ...[...items.values()].flatMap((types) => [...types]), ...after];
}

/** What stands between an item's `added` and its `done`. */
function typesInside(item: OutputItem): string[] {
  switch (item.type) {
    case "message":
      return item.content
        .flatMap((part) =>
          part.type === "refusal"
            ? ["content_part.added", "refusal.delta", "refusal.done", "content_part.done"]
            : [
                ...["content_part.added", "output_text.delta"],
                ...(part.annotations.length > 0 ? ["output_text.annotation.added"] : []),
                ...["output_text.done", "content_part.done"],
              ],
        )
        .map(named);
    case "reasoning":
      return [
        ...item.content.flatMap(() => around("content_part", "reasoning_text")),
        ...item.summary.flatMap(() => around("reasoning_summary_part", "reasoning_summary_text")),
      ].map(named);
    case "function_call":
      return ["function_call_arguments.delta", "function_call_arguments.done"].map(named);
    case "custom_tool_call":
      return ["custom_tool_call_input.delta", "custom_tool_call_input.done"].map(named);
    case "shell_call":
      return ["shell_call_command.added", "shell_call_command.delta", "shell_call_command.done"].map(named);
    case "file_search_call":
    case "web_search_call":
      return ["in_progress", "searching", "completed"].map((step) => named(`${item.type}.${step}`));
    case "code_interpreter_call":
      return [
        ...[
          "code_interpreter_call.in_progress",
          "code_interpreter_call_code.delta",
          "code_interpreter_call_code.done",
        ],
        ...["code_interpreter_call.interpreting", "code_interpreter_call.completed"],
      ].map(named);
    case "image_generation_call":
      return ["in_progress", "generating", "completed"].map((step) => named(`${item.type}.${step}`));
    case "mcp_list_tools":
      return ["in_progress", item.error == null ? "completed" : "failed"].map((step) =>
        named(`mcp_list_tools.${step}`),
      );
    case "mcp_call":
      return [
        ...["mcp_call.in_progress", "mcp_call_arguments.delta", "mcp_call_arguments.done"],
        `mcp_call.${item.status}`,
      ].map(named);
    case "compaction":
      return [named("compaction.compacting")];
    default:
      // Told as a whole: local_shell_call, apply_patch_call, computer_call, tool searches, requests for approval.
      return [];
  }
}

function around(part: string, text: string): string[] {
  return [`${part}.added`, `${text}.delta`, `${text}.done`, `${part}.done`];
}

function named(type: string): string {
  return `response.${type}`;
}
