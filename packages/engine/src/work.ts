import { ApiError, type ResponseEvent } from "@gateway/protocol";
import type { EngineDeps, RequestScope } from "./engine-deps.ts";
import { finishLater } from "./finish-later.ts";
import type { Keeper } from "./keep-response.ts";
import type { Outcome, ResponseBuilder } from "./response-builder.ts";

/** A response at work: who builds it, who keeps it, for whom. */
export interface Work {
  builder: ResponseBuilder;
  keeper: Keeper;
  scope: RequestScope;
  deps: Pick<EngineDeps, "now" | "running">;
  /** True where the work is done once more when it throws: it then throws where its end cannot be stored. */
  retried?: boolean;
}

/** The reason of an abort after which a response is neither cancelled nor failed: a later process goes on with it. */
export class Interruption extends Error {
  override readonly name = "Interruption";
}

/**
 * Passes on the events of a response once they are kept (those that open it are already), and brings it to its end, whatever happens: `turns` gives
 * its outcome, throws, or is left by an abort or because nobody reads on. What the terminal event announces is stored
 * before it is yielded; where it cannot be, the response fails, and its end is stored as soon as the store takes it.
 */
export async function* work(
  { builder, keeper, scope, deps, retried = false }: Work,
  opening: ResponseEvent[],
  turns: AsyncGenerator<ResponseEvent[], Outcome, undefined>,
): AsyncGenerator<ResponseEvent[], void, undefined> {
  const { signal } = scope.abort;
  const now = () => Math.floor(deps.now() / 1000);
  let outcome: Outcome = { status: "cancelled" };
  try {
    if (opening.length > 0) yield opening;
    try {
      // By hand, since this is done once a token, and a generator more would be felt.
      for (;;) {
        const { done, value } = await turns.next();
        if (done) {
          outcome = value;
          break;
        }
        try {
          await keeper.append(value);
        } catch (thrown) {
          // Its reader gets to know all the same: numbers have no gaps. What follows is the failure.
          yield value;
          throw thrown;
        }
        yield value;
      }
    } finally {
      await turns.return(undefined as never);
    }
  } catch (thrown) {
    if (signal.aborted) return;
    outcome = { status: "failed", error: toFault(thrown, scope) };
  } finally {
    // Left by an abort or by return(): nobody reads on, and this is the last that is done for the response.
    if (outcome.status === "cancelled" && !(signal.reason instanceof Interruption)) {
      // A stream that nobody has begun to read does not notice that it is returned.
      scope.abort.abort();
      await keeper.finish(builder.settle(outcome, now()), []).catch((error: unknown) => {
        scope.onFault("a cancelled response was not stored", error);
        finishLater(builder.response.id, keeper, [], scope, deps);
      });
    }
  }
  const closing = builder.settle(outcome, now());
  try {
    await keeper.finish(closing, builder.ending());
  } catch (thrown) {
    closing.push(...builder.settle({ status: "failed", error: toFault(thrown, scope) }, now()));
    // What has begun in the store should not stay there as if it ran on; what failed once may work now.
    await keeper.finish([], builder.ending()).catch((again: unknown) => {
      if (retried) throw again;
      finishLater(builder.response.id, keeper, builder.ending(), scope, deps);
    });
  }
  yield [...closing, ...builder.end()];
}

function toFault(thrown: unknown, scope: RequestScope): ApiError {
  const error = ApiError.from(thrown);
  scope.onFailure(error);
  return error;
}
