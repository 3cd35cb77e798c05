import type { ModelBackend, ModelDelta, ModelTurn } from "@gateway/engine";
import { ApiError, badRequest, internal } from "@gateway/protocol";
import { expect, test, vi } from "vitest";
import { FailoverBackend } from "./failover-backend.ts";

const turn = { model: "m" } as ModelTurn;
const unreachable = internal("gone", { code: "upstream_unreachable" });
const broken = internal("broken", { code: "upstream_error" });
const limited = new ApiError("slow", { status: 429, type: "rate_limit_error", retryAfter: 3 });

/** A backend that fails with an error, or answers with its own name. */
function backendOf(name: string, error?: Error): ModelBackend {
  const run = async <T>(value: T): Promise<T> => {
    if (error) throw error;
    return value;
  };
  async function* answer(): AsyncGenerator<ModelDelta[]> {
    yield [{ kind: "text", text: name }];
  }
  return {
    name,
    open: vi.fn(() => run(answer())),
    countTokens: () => run({ tokens: 7, exact: true }),
    contextWindow: async () => 10,
    listModels: () => run([{ id: name, object: "model" as const, created: 0, owned_by: name }]),
  };
}

async function ask(...backends: ModelBackend[]): Promise<unknown> {
  for await (const [delta] of await new FailoverBackend(backends).open(turn, new AbortController().signal))
    return delta;
  return undefined;
}

test("the first backend answers while it can", async () => {
  const second = backendOf("two");
  expect(await ask(backendOf("one"), second)).toEqual({ kind: "text", text: "one" });
  expect(second.open).not.toHaveBeenCalled();
});

test.each([unreachable, broken, limited])("the next one answers when it fails: $message", async (error) => {
  expect(await ask(backendOf("one", error), backendOf("two", unreachable), backendOf("three"))).toMatchObject(
    { text: "three" },
  );
});

test("a fault of the request is the same everywhere", async () => {
  const second = backendOf("two");
  await expect(ask(backendOf("one", badRequest("bad")), second)).rejects.toMatchObject({ status: 400 });
  expect(second.open).not.toHaveBeenCalled();
});

test("when all fail, a limit is told, else the last error", async () => {
  await expect(ask(backendOf("one", limited), backendOf("two", broken))).rejects.toBe(limited);
  await expect(ask(backendOf("one", broken), backendOf("two", unreachable))).rejects.toBe(unreachable);
});

test("a caller who has left is not passed on", async () => {
  const second = backendOf("two");
  const failover = new FailoverBackend([backendOf("one", unreachable), second]);
  await expect(failover.open(turn, AbortSignal.abort("left"))).rejects.toBe("left");
  expect(second.open).not.toHaveBeenCalled();
});

test("models are listed by the first that can", async () => {
  const failover = new FailoverBackend([backendOf("one", unreachable), backendOf("two")]);
  expect(failover.name).toBe("one,two");
  expect(await failover.listModels(new AbortController().signal)).toMatchObject([{ id: "two" }]);
});
