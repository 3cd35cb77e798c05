import { type Item, newId, type ResponseEvent } from "@gateway/protocol";
import type { ResponseBuilder } from "../response-builder.ts";
import type { DivertedCall } from "../tool-gate.ts";
import { type ServerCall, type ServerTool, ToolInputError } from "./server-tool.ts";
import { toExchange } from "./sources.ts";

/**
 * Carries out the calls of a turn that are for this server: all at once, told of one after the other. No more than
 * `budget` are carried out. Returns what the model is to be told of the others; those that were carried out are
 * items of the response.
 */
export async function* runServerCalls(
  calls: readonly DivertedCall[],
  servers: ReadonlyMap<string, ServerTool>,
  budget: number,
  builder: ResponseBuilder,
  signal: AbortSignal,
): AsyncGenerator<ResponseEvent[], Item[], undefined> {
  const started: { call: ServerCall; tool: ServerTool }[] = [];
  const refused: Item[] = [];
  for (const { name, args } of calls) {
    const tool = servers.get(name);
    const call =
      started.length < Math.min(budget, maxAtOnce)
        ? begin(tool, args, signal)
        : started.length < budget
          ? tooManyAtOnce
          : overBudget;
    if (typeof call !== "string" && tool !== undefined) started.push({ call, tool });
    else refused.push(...toExchange(newId("fc"), name, args, String(call)));
  }
  // They are waited for in turn; one that is aborted meanwhile is heard of when its turn comes, or not at all.
  for (const { call } of started) call.work.catch(() => {});
  for (const { call, tool } of started) {
    const open = builder.open(tool.itemType, (id, index, emit) => call.open(id, index, emit));
    yield builder.take();
    await call.work;
    builder.close(open, "completed");
    yield builder.take();
  }
  return refused;
}

/** Calls of one turn; a model in a loop writes hundreds. */
const maxAtOnce = 16;

const tooManyAtOnce = "Not carried out: too many tool calls at once.";
const overBudget = "Not carried out: no further tool calls are allowed in this response.";

function begin(tool: ServerTool | undefined, args: string, signal: AbortSignal): ServerCall | string {
  if (tool === undefined) return "There is no such tool.";
  try {
    return tool.call(args, signal);
  } catch (thrown) {
    if (thrown instanceof ToolInputError) return thrown.message;
    throw thrown;
  }
}
