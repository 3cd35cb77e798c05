import type { FunctionTool, OutputItem } from "@gateway/protocol";
import type { EngineDeps, RequestScope } from "../engine-deps.ts";
import type { Emit, OpenItem } from "../open-item.ts";
import type { ToolUse } from "../tool-usage.ts";

/** A tool that this server runs by itself, between two turns of the model. The model sees a function. */
export interface ServerTool {
  /** The `type` that declares it in a request, and that `tool_choice` names it by. */
  readonly type: string;
  /** The `type` of the output items that tell of its calls. */
  readonly itemType: OutputItem["type"];
  /** Whether a choice of this type means this tool, where the type alone does not say it. */
  isChosenBy?(choice: { server_label?: unknown; name?: unknown }): boolean;
  /** Which of the actions that its items may tell of it carries out, where there are several tools for one type of items. */
  readonly action?: string;
  /** What the model is offered; the name is its own among all of the request's functions. */
  readonly definition: FunctionTool;
  /**
   * Starts a call with the arguments as the model wrote them.
   *
   * @throws ToolInputError where they make no sense; nothing has been started then.
   */
  call(args: string, signal: AbortSignal): ServerCall;
  /**
   * Opens the item of a call that the model still writes, as long as it is sure to be carried out. Calls of tools without
   * this are told of once they are whole.
   */
  readonly begin?: (id: string, index: number, emit: Emit) => BegunCall;
}

/** A call that is told of while the model writes it. Its item stays open until it was carried out. */
export interface BegunCall extends OpenItem {
  /** Appends to the arguments. */
  arguments(delta: string): void;
  /** True once no more arguments can follow. */
  readonly complete: boolean;
  /** Tells that the arguments are whole, once. */
  written(): void;
  /** Carries it out. Arguments that make no sense are a way to fail. */
  run(signal: AbortSignal): ServerCall;
}

/** What a tool of a request is opened with. */
export interface Opening {
  /** The name that the model is to know it by. */
  name: string;
  /** Its path in the request, for errors: `tools[0]`. */
  param: string;
  scope: RequestScope;
  deps: Pick<EngineDeps, "knowledge">;
}

/** A call under way. */
export interface ServerCall {
  /** The `type` of its item, where it is not its tool's usual one. */
  readonly itemType?: OutputItem["type"];
  /** True where nothing is carried out before the caller has been asked: the response ends with the question. */
  readonly asks?: boolean;
  /** Opens the output item that tells of it. Closing that as completed, once `work` is over, tells how it went. */
  open(id: string, index: number, emit: Emit): OpenItem;
  /** A second item, which tells what came of it once `work` is over; told whole. */
  readonly result?: { itemType: OutputItem["type"]; open(id: string, index: number, emit: Emit): OpenItem };
  /** What it has used that a response reports; final once `work` is over. */
  readonly use?: ToolUse;
  /** Emits what there is to tell of the opened item while the call runs, until it is over; a step each time there is something. */
  progress?(): AsyncIterable<void>;
  /** Resolves when the call is over, well or badly; rejects only when it was aborted. */
  readonly work: Promise<void>;
}

/** The model's arguments cannot be used. The message is for the model, which may try again. */
export class ToolInputError extends Error {
  override readonly name = "ToolInputError";
}
