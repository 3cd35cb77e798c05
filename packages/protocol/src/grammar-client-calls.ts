import type { ItemChecker, ItemEvent } from "./grammar-item.ts";
import { demand, demandEqual, demandText } from "./grammar-rule.ts";
import type { OutputItem } from "./items.ts";
import type { OutputCustomToolCall, OutputShellCall, OutputWholeCall } from "./output-calls.ts";

/** `added delta* input.done done`. */
export class CustomCallChecker implements ItemChecker {
  readonly added: OutputCustomToolCall;
  #input = "";
  #written = false;

  constructor(item: OutputCustomToolCall) {
    demandText(item.call_id, "call_id");
    demandText(item.name, "name");
    demandEqual(item.input, "", "empty-start", "the input of an added call");
    this.added = structuredClone(item);
  }

  take(event: ItemEvent): void {
    demand(!this.#written, "part-match", "the call's input is done already");
    if (event.type === "response.custom_tool_call_input.delta") {
      demandText(event.delta, "delta");
      this.#input += event.delta;
    } else {
      const type: string = event.type;
      demand(
        event.type === "response.custom_tool_call_input.done",
        "item-match",
        `a custom tool call has no event '${type}'`,
      );
      demandEqual(event.input, this.#input, "sum", "input");
      this.#written = true;
    }
  }

  content(): Partial<OutputItem> {
    demand(this.#written, "closed", "a custom tool call is done before its input is");
    return { input: this.#input };
  }
}

/** `added (command.added command.delta* command.done)* done`, one command after the other. */
export class ShellCallChecker implements ItemChecker {
  readonly added: OutputShellCall;
  readonly #commands: string[] = [];
  #open = false;

  constructor(item: OutputShellCall) {
    demandText(item.call_id, "call_id");
    demandEqual(item.action.commands, [], "empty-start", "the commands of an added call");
    this.added = structuredClone(item);
  }

  take(event: ItemEvent): void {
    switch (event.type) {
      case "response.shell_call_command.added":
        demand(!this.#open, "part-order", "the command before is not done");
        demandEqual(event.command_index, this.#commands.length, "part-order", "command_index");
        demandEqual(event.command, "", "empty-start", "an added command");
        this.#commands.push("");
        this.#open = true;
        return;
      case "response.shell_call_command.delta":
        this.#demandOpen(event.command_index);
        demandText(event.delta, "delta");
        this.#commands[event.command_index] += event.delta;
        return;
      case "response.shell_call_command.done":
        this.#demandOpen(event.command_index);
        demandEqual(event.command, this.#commands[event.command_index], "sum", "command");
        this.#open = false;
        return;
      default:
        demand(false, "item-match", `a shell call has no event '${event.type}'`);
    }
  }

  content(): Partial<OutputItem> {
    demand(!this.#open, "closed", "a shell call is done before its last command is");
    return { action: { ...this.added.action, commands: this.#commands } };
  }

  #demandOpen(index: number): void {
    demand(this.#open && index === this.#commands.length - 1, "part-match", "no such command is open");
  }
}

/** `added done`: the call is whole from the beginning. */
export class WholeCallChecker implements ItemChecker {
  readonly added: OutputWholeCall;

  constructor(item: OutputWholeCall) {
    if (item.call_id !== null) demandText(item.call_id, "call_id");
    this.added = structuredClone(item);
  }

  take(event: ItemEvent): void {
    demand(false, "item-match", `a ${this.added.type} has no event '${event.type}'`);
  }

  content(): Partial<OutputItem> {
    return {};
  }
}
