import type { FunctionTool, OutputClientCall } from "@gateway/protocol";
import type { ConstrainedInput } from "../../model-backend.ts";
import type { Emit, OpenItem } from "../../open-item.ts";
import type { Effort } from "./grammar/effort.ts";

/** A tool that the caller runs. The model sees a function; the caller sees items of the tool's own type. */
export interface ClientTool {
  /** The `type` that declares it, and with its name and namespace what `tool_choice` names it by. */
  readonly type: string;
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  /** The `type` of the items that tell of its calls. */
  readonly itemType: Exclude<OutputClientCall["type"], "tool_search_output">;
  /** What the model is offered; the name is its own among all that are. */
  readonly definition: FunctionTool;
  /**
   * Says what is wrong with the arguments of a call, as the model wrote them; undefined where nothing is. A tool without
   * it takes any: its calls are told while they are written. The others are held back until they are whole. The checks
   * of one turn share an effort; one whose signal is aborted has the check throw its reason.
   */
  readonly check?: (args: string, effort: Effort) => Promise<CallFault | undefined>;
  /** How its input can be asked for by itself, held to its grammar; none where it has no grammar. */
  readonly input?: ConstrainedInput | undefined;
  /** Opens the item of a call. Where calls are checked, `args` has all of them, found good. */
  open(id: string, index: number, emit: Emit, call: { callId: string; args?: string | undefined }): OpenCall;
}

/** A call on its way into the stream. */
export interface OpenCall extends OpenItem {
  /** Appends to the arguments, as the model writes them. */
  arguments(delta: string): void;
  /** True once nothing more can follow. */
  readonly complete: boolean;
}

/** Why a call cannot be passed on. */
export interface CallFault {
  /** For the model, which is asked once more, and for the caller. */
  message: string;
  /** The code of the response's error when the second try is no better. */
  code: "custom_tool_input_invalid" | "tool_arguments_invalid";
  /** True where nothing wrong was found, but finding out would have taken too long. */
  undecided?: boolean;
}
