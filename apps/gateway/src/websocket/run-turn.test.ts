import type { EngineDeps, ModelBackend } from "@gateway/engine";
import { pino } from "pino";
import { expect, test } from "vitest";
import { Admission } from "../http/admission.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { loadTestConfig } from "../testing/test-config.ts";
import type { ConnectionMemory } from "./context-cache.ts";
import type { Peer } from "./peer.ts";
import { runTurn } from "./run-turn.ts";
import type { Steering } from "./steering.ts";

test("a client that leaves while its request is read has nothing made for it", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const signals: boolean[] = [];
  const backend = {
    open: async (_turn: unknown, signal: AbortSignal) => {
      signals.push(signal.aborted);
      throw signal.reason;
    },
  } as unknown as ModelBackend;
  // Whether pictures can be made is asked while the request is read.
  const catalog = {
    resolve: async () => {
      asked.resolve();
      await answer.promise;
      return { backend, model: "m" };
    },
  };
  const stops = new Set<() => void>();
  const turn = runTurn(
    { body: { model: "m", input: "hi", tools: [{ type: "image_generation" }] } },
    undefined,
    {
      tenant: "t",
      log: pino({ enabled: false }),
      peer: { send: () => {}, open: false } as unknown as Peer,
      memory: { ofLane: () => undefined, forget: () => false } as unknown as ConnectionMemory,
      steering: {
        claim: () => [],
        commit: () => {},
        begin: () => {},
        fail: () => {},
        unclaim: () => {},
        end: () => undefined,
      } as unknown as Steering,
      stops,
      deps: {
        config: loadTestConfig({}),
        engine: {
          catalog,
          locks: { acquire: () => () => {} },
          running: { enter: () => () => {}, notify: () => {} },
          now: Date.now,
        } as unknown as EngineDeps,
        metrics: createMetrics(false),
        admission: new Admission(1),
      },
    },
  );
  await asked.promise;
  for (const stop of stops) stop();
  answer.resolve();
  await turn;
  // Where the model is called at all, that call is broken off before it begins.
  expect(signals).not.toContain(false);
});
