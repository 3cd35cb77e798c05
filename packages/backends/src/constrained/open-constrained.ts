import type { ModelDelta, ModelTurn } from "@gateway/engine";
import { ApiError } from "@gateway/protocol";
import type { ChatRequest } from "../chat-completions/chat-request.ts";
import { fromConstrainedText } from "./from-constrained-text.ts";
import type { GrammarSupport } from "./grammar-support.ts";
import { toConstrainedRequest } from "./to-constrained-request.ts";

/**
 * Starts a turn whose answer is only the input of a tool, held to its grammar. `request` is the turn as it would be sent
 * otherwise. Undefined where the turn has no such input, or the server cannot do that or refuses the grammar; throws what
 * `send` throws.
 */
export async function openConstrained(
  request: ChatRequest,
  { again, toolChoice, request: asked }: ModelTurn,
  grammars: GrammarSupport,
  send: (request: ChatRequest) => Promise<AsyncIterable<ModelDelta[]>>,
  signal: AbortSignal,
): Promise<AsyncIterable<ModelDelta[]> | undefined> {
  const input = again ?? (typeof toolChoice === "object" ? toolChoice.input : undefined);
  if (input === undefined) return undefined;
  const mayThink = again === undefined && asked.reasoning?.effort !== "none";
  const form = await grammars.find(mayThink, signal);
  signal.throwIfAborted();
  const constraint = form && input.constraint();
  if (form === undefined || constraint === undefined) return undefined;
  try {
    const constrained = toConstrainedRequest(request, input.tool, constraint, form);
    return fromConstrainedText(await send(constrained), input.tool, constraint);
  } catch (thrown) {
    // It may be the grammar that the server will not have. What else is wrong it says of the plain request as well.
    if (thrown instanceof ApiError && thrown.status === 400) return undefined;
    throw thrown;
  }
}
