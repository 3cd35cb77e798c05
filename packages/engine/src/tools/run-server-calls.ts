import { type Item, newId, type ResponseEvent } from "@gateway/protocol";
import { maxAtOnce } from "../call-budget.ts";
import type { DivertedCall } from "../gated-call.ts";
import { toFunctionName } from "../mcp/offered-names.ts";
import type { OpenItem } from "../open-item.ts";
import type { Run } from "../run.ts";
import { openInTurn, placeInTurn, turnOf } from "./parallel-to.ts";
import { type ServerCall, type ServerTool, ToolInputError } from "./server-tool.ts";
import { toExchange } from "./sources.ts";

/** What calls are carried out with. */
interface Carrying {
  servers: ReadonlyMap<string, ServerTool>;
  /** How many may be carried out. One that asks the caller first is none of them. */
  left: number;
}

/** What has come of the calls of a turn. Those that were carried out are items of the response. */
interface CarriedOut {
  /** What the model is to be told of the others. */
  refused: Item[];
  /** True where the caller is to be asked first. */
  asked: boolean;
}

/**
 * Carries out the calls of a turn that are for this server, but those that are refused: all at once, told of one after the
 * other, or to their end where they were told of while they were written. A background response is stored after each that has ended, once those
 * still under way stand in it, too: whoever takes it up again carries out no more than these.
 */
export async function* runServerCalls(
  calls: readonly DivertedCall[],
  { servers, left }: Carrying,
  run: Pick<Run, "builder" | "keeper" | "scope">,
): AsyncGenerator<ResponseEvent[], CarriedOut, undefined> {
  const refused: Item[] = [];
  let asked = false;
  function* start(signal: AbortSignal): Generator<StartedCall> {
    let count = 0;
    let carried = 0;
    for (const { key, name, args, refusal } of calls) {
      if (refusal !== undefined) {
        refused.push(...toExchange(newId("fc"), toFunctionName(name), args, refusal.reason));
        continue;
      }
      const tool = servers.get(name);
      const begun = run.builder.begun(key);
      if (begun !== undefined && tool !== undefined) {
        count++;
        carried++;
        yield { call: begun.run(signal), tool, open: begun };
        continue;
      }
      const call =
        carried >= left ? overBudget : count >= maxAtOnce ? tooManyAtOnce : begin(tool, args, signal);
      if (typeof call !== "string" && tool !== undefined) {
        count++;
        if (call.asks === true) asked = true;
        else carried++;
        yield { call, tool };
      } else refused.push(...toExchange(newId("fc"), name, args, String(call)));
    }
  }
  const turn = yield* tellCalls(start, run, (rest) => keepEnded(rest, run));
  return { refused: placeInTurn(turn, refused), asked };
}

/**
 * Stores a background response after a call has ended, while others (`rest`) are under way, as long as it tells of them all:
 * one that has no item yet would be lost by it. After the last the whole turn is stored.
 */
export async function keepEnded(
  rest: readonly StartedCall[],
  { builder, keeper }: Pick<Run, "builder" | "keeper">,
): Promise<void> {
  if (!builder.response.background || rest.length === 0) return;
  if (rest.every(({ open }) => open !== undefined)) await keeper.checkpoint([]);
}

/** A call under way and the tool that it is of. */
export interface StartedCall {
  call: ServerCall;
  tool: ServerTool;
  /** Its item, where that has been opened. */
  open?: OpenItem;
}

/**
 * Starts calls and tells of them, one after the other, each to its end. When this is left before, because one of them
 * was aborted or what is told cannot be stored, those that are still under way are aborted. `ended` is waited for after each
 * call that has been told of to its end, with those that are still to be; what it throws is thrown. They are one turn of
 * the model: what {@link turnOf} says of it is given, undefined where there was none.
 */
export async function* tellCalls(
  start: (signal: AbortSignal) => Iterable<StartedCall>,
  { builder, scope }: Pick<Run, "builder" | "scope">,
  ended: (rest: readonly StartedCall[]) => Promise<void>,
): AsyncGenerator<ResponseEvent[], string | undefined, undefined> {
  // The response's own signal has to stay as it is: a background response is then run once more.
  const own = new AbortController();
  const started: StartedCall[] = [];
  try {
    for (const one of start(AbortSignal.any([scope.abort.signal, own.signal]))) {
      // They are waited for in turn; one that is aborted meanwhile is heard of when its turn comes, or not at all.
      one.call.work.catch(() => {});
      started.push(one);
    }
    const first = started.find(({ open }) => open !== undefined)?.open;
    let turn = first && turnOf(first.item);
    for (const [place, one] of started.entries()) {
      turn = yield* tellCall(one, turn, builder);
      await ended(started.slice(place + 1));
    }
    return turn;
  } finally {
    own.abort();
  }
}

/** Tells of a call of a turn; it is the first where that is undefined. Gives the turn. */
async function* tellCall(
  { call, tool, open: begun }: StartedCall,
  turn: string | undefined,
  builder: Run["builder"],
): AsyncGenerator<ResponseEvent[], string, undefined> {
  const open =
    begun ??
    builder.open(call.itemType ?? tool.itemType, (id, index, emit) =>
      openInTurn(turn, emit, (marking) => call.open(id, index, marking)),
    );
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
  return turnOf(open.item);
}

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
