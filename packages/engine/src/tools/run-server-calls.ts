import { type Item, newId, type ResponseEvent } from "@gateway/protocol";
import type { OpenItem } from "../open-item.ts";
import type { ResponseBuilder } from "../response-builder.ts";
import type { DivertedCall } from "../tool-gate.ts";
import { type ServerCall, type ServerTool, ToolInputError } from "./server-tool.ts";
import { toExchange } from "./sources.ts";

/**
 * Carries out the calls of a turn that are for this server: all at once, told of one after the other, or to their end
 * where they were told of while they were written. No more than `budget` are carried out. Returns what the model is to be told of the others; those that were carried out are
 * items of the response. `asked` is true where the caller is to be asked first.
 */
export async function* runServerCalls(
  calls: readonly DivertedCall[],
  servers: ReadonlyMap<string, ServerTool>,
  budget: number,
  builder: ResponseBuilder,
  signal: AbortSignal,
): AsyncGenerator<ResponseEvent[], { refused: Item[]; asked: boolean }, undefined> {
  const started: StartedCall[] = [];
  const refused: Item[] = [];
  for (const { key, name, args } of calls) {
    const tool = servers.get(name);
    const begun = builder.begun(key);
    if (begun !== undefined && tool !== undefined) {
      started.push({ call: begun.run(signal), tool, open: begun });
      continue;
    }
    const call =
      started.length < Math.min(budget, maxAtOnce)
        ? begin(tool, args, signal)
        : started.length < budget
          ? tooManyAtOnce
          : overBudget;
    if (typeof call !== "string" && tool !== undefined) started.push({ call, tool });
    else refused.push(...toExchange(newId("fc"), name, args, String(call)));
  }
  yield* tellCalls(started, builder);
  return { refused, asked: started.some(({ call }) => call.asks === true) };
}

/** A call under way and the tool that it is of. */
export interface StartedCall {
  call: ServerCall;
  tool: ServerTool;
  /** Its item, where that has been opened. */
  open?: OpenItem;
}

/** Tells of calls under way, one after the other, each to its end. */
export async function* tellCalls(
  started: readonly StartedCall[],
  builder: ResponseBuilder,
): AsyncGenerator<ResponseEvent[], void, undefined> {
  // They are waited for in turn; one that is aborted meanwhile is heard of when its turn comes, or not at all.
  for (const { call } of started) call.work.catch(() => {});
  for (const { call, tool, open: begun } of started) {
    const open =
      begun ?? builder.open(call.itemType ?? tool.itemType, (id, index, emit) => call.open(id, index, emit));
    const opening = builder.take();
    if (opening.length > 0) yield opening;
    for await (const _ of call.progress?.() ?? []) yield builder.take();
    await call.work;
    if (call.use !== undefined) builder.countToolUse(call.use);
    builder.close(open, "completed");
    if (call.result !== undefined) {
      const { itemType, open: openResult } = call.result;
      builder.close(builder.open(itemType, openResult), "completed");
    }
    yield builder.take();
  }
}

/** Calls of one turn that are carried out; a model in a loop writes hundreds. */
export const maxAtOnce = 16;

const tooManyAtOnce = "Not carried out: too many tool calls at once.";
/** What the model is told of a call that `max_tool_calls` leaves no room for. */
export const overBudget = "Not carried out: no further tool calls are allowed in this response.";

function begin(tool: ServerTool | undefined, args: string, signal: AbortSignal): ServerCall | string {
  if (tool === undefined) return "There is no such tool.";
  try {
    return tool.call(args, signal);
  } catch (thrown) {
    if (thrown instanceof ToolInputError) return thrown.message;
    throw thrown;
  }
}
