/** Names an item: its id and its place in `output`. */
interface OfItem {
  item_id: string;
  output_index: number;
}

/** Names a command of a shell call. The API gives no item id here. */
interface OfCommand {
  output_index: number;
  command_index: number;
}

/** Events of the calls of tools that the caller runs (API reference, "Streaming events"). */
export type ClientCallEventBody =
  | ({ type: "response.function_call_arguments.delta"; delta: string } & OfItem)
  | ({ type: "response.function_call_arguments.done"; name: string; arguments: string } & OfItem)
  | ({ type: "response.custom_tool_call_input.delta"; delta: string } & OfItem)
  | ({ type: "response.custom_tool_call_input.done"; input: string } & OfItem)
  | ({
      type: "response.shell_call_command.added" | "response.shell_call_command.done";
      command: string;
    } & OfCommand)
  | ({ type: "response.shell_call_command.delta"; delta: string } & OfCommand);
