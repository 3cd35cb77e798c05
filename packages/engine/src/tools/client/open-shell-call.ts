import type { OutputShellCall } from "@gateway/protocol";
import type { Emit } from "../../open-item.ts";
import type { OpenCall } from "./client-tool.ts";

/** A call of the caller's shell: each command has events of its own. The commands are known when it is opened. */
export class OpenShellCall implements OpenCall {
  readonly item: OutputShellCall;
  readonly complete = true;
  readonly #index: number;
  readonly #emit: Emit;

  /** Opens a call like this one, as yet without its commands. */
  constructor(item: OutputShellCall, index: number, emit: Emit) {
    this.item = { ...item, status: "in_progress", action: { ...item.action, commands: [] } };
    this.#index = index;
    this.#emit = emit;
    const added = { ...this.item, action: { ...this.item.action, commands: [] } };
    emit({ type: "response.output_item.added", output_index: index, item: added });
  }

  arguments(): void {}

  /** Tells the next command, as a whole. */
  command(command: string): void {
    const { commands } = this.item.action;
    const place = { output_index: this.#index, command_index: commands.length };
    commands.push(command);
    this.#emit({ type: "response.shell_call_command.added", ...place, command: "" });
    this.#emit({ type: "response.shell_call_command.delta", ...place, delta: command });
    this.#emit({ type: "response.shell_call_command.done", ...place, command });
  }

  close(): void {
    this.item.status = "completed";
    this.#emit({ type: "response.output_item.done", output_index: this.#index, item: this.item });
  }
}
