import type { GatewayUnderTest } from "../gateway-under-test.ts";
import type { TopicReport } from "../report/topic-report.ts";
import { type Rounds, runRounds } from "../rounds.ts";
import type { Stage } from "../stage.ts";
import type { Ask, Target } from "../target.ts";

/** What a topic works with. */
export interface TopicContext {
  stage: Stage;
  /** The gateway that the topics share; undefined when only the reference is measured. */
  gateway: GatewayUnderTest | undefined;
  /** The program that is the gateway, when it is not the usual one. */
  entry: string | undefined;
  rounds: number;
  /** 1 for a whole run, less for a quick one: durations and counts are multiplied by it. */
  scale: number;
  /** Tells the person who waits what is being done. */
  say: (line: string) => void;
}

/** A part of the bench: measures and reports. */
export type Topic = (context: TopicContext) => Promise<TopicReport>;

/** Names of targets in the tables; the goals look them up by these. */
export const names = {
  backend: "backend alone",
  translator: "translator",
  gateway: "gateway",
  envoy: "gateway through Envoy",
} as const;

/** The targets there are, from the cheapest to the longest way. */
export function allTargets({ stage, gateway }: TopicContext): Target[] {
  return [stage.backend, stage.translator, gateway?.direct, gateway?.throughEnvoy].filter(
    (target) => target !== undefined,
  );
}

/**
 * Warms every target up with a short run of the same load, so that compilers have done their work, and then
 * measures them in turn.
 */
export async function measureInTurn(
  { stage, rounds, say }: TopicContext,
  what: string,
  targets: readonly Target[],
  ask: Ask,
  warmUp: Partial<Ask>,
): Promise<Rounds> {
  say(`${what}: ${targets.map(({ name }) => name).join(", ")}, ${rounds} round${rounds === 1 ? "" : "s"}`);
  for (const target of targets) {
    const { seconds: _, requests: __, ...rest } = ask;
    await stage.measure(target, { ...rest, ...warmUp });
  }
  return runRounds(rounds, targets, (target) => stage.measure(target, ask));
}
