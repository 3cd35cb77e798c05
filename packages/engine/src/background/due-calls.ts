import type { Item, OutputMcpCall, ResponseEvent, ResponseObject } from "@gateway/protocol";
import { callOf } from "../call-ids.ts";
import type { Following } from "../following-turn.ts";
import { toFollowingTurn } from "../following-turn.ts";
import { offeredNameOf } from "../mcp/mcp-server-tool.ts";
import { toFunctionName } from "../mcp/offered-names.ts";
import type { Next, Run } from "../run.ts";
import { openInTurn, placeInTurn, turnOf } from "../tools/parallel-to.ts";
import { keepEnded, type StartedCall, tellCalls } from "../tools/run-server-calls.ts";
import type { BegunCall } from "../tools/server-tool.ts";
import { toExchange } from "../tools/sources.ts";

/**
 * Brings a stored response up to what was logged of it: calls that it has as under way and that have ended since. It is
 * changed in place.
 */
export function addEnded(response: ResponseObject, logged: readonly ResponseEvent[]): void {
  if (!response.output.some(isDue)) return;
  const ended = new Map<string, OutputMcpCall>();
  for (const event of logged) {
    if (event.type !== "response.output_item.done" || event.item.type !== "mcp_call") continue;
    // An incomplete one was left behind by a former process.
    if (event.item.status !== "incomplete") ended.set(event.item.id, event.item);
  }
  response.output = response.output.map((item) => (isDue(item) ? (ended.get(item.id) ?? item) : item));
}

/** Takes the calls out of a response that were under way when its process ended. It is changed in place. */
export function takeDue(response: ResponseObject): OutputMcpCall[] {
  const due = response.output.filter(isDue);
  if (due.length > 0) response.output = response.output.filter((item) => !isDue(item));
  return due;
}

function isDue(item: ResponseObject["output"][number]): item is OutputMcpCall {
  return item.type === "mcp_call" && item.status === "in_progress";
}

/**
 * Carries out the calls of a turn that were under way when its process ended, as new items. Gives the turn after it;
 * nothing where it is the caller's turn.
 */
export async function* runDue(
  run: Run,
  last: Next,
  due: readonly OutputMcpCall[],
): AsyncGenerator<ResponseEvent[], Following | undefined, undefined> {
  const { builder } = run;
  const before = builder.response.output.length;
  const opened: (Omit<StartedCall, "call"> & { open: BegunCall })[] = [];
  const refused: Item[] = [];
  for (const item of due) {
    const { server_label: label, name, arguments: args } = item;
    const tool = run.policy.offer.servers.get(
      offeredNameOf(run.policy.offer.servers, { label, tool: name }) ?? "",
    );
    const { begin } = tool ?? {};
    if (tool === undefined || begin === undefined) {
      refused.push(...toExchange(item.id, toFunctionName(name), args, "There is no such tool."));
      continue;
    }
    const open = builder.open("mcp_call", (id, index, emit) =>
      openInTurn(turnOf(item), emit, (marking) => begin(id, index, marking)),
    );
    open.arguments(args);
    open.written();
    opened.push({ tool, open });
  }
  yield builder.take();
  // From here on the log says which of them have ended: see addEnded.
  await run.keeper.checkpoint([]);
  yield* tellCalls(
    (signal) => opened.map(({ tool, open }) => ({ tool, open, call: open.run(signal) })),
    run,
    (rest) => keepEnded(rest, run),
  );
  if (builder.response.output.some(isForCaller)) return undefined;
  await run.keeper.checkpoint([]);
  const [first] = due;
  return toFollowingTurn(run, last, { before, refused: placeInTurn(first && turnOf(first), refused) });
}

/** True for what only the caller can answer: with it a response ends. */
function isForCaller(item: ResponseObject["output"][number]): boolean {
  return item.type === "mcp_approval_request" || callOf(item as Item) !== undefined;
}
