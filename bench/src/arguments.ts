import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

/** What the command line asks for. */
export interface BenchArguments {
  help: boolean;
  /** Names of topics, in the order they run. */
  only: string[];
  rounds: number;
  /** Durations and counts are multiplied by it. */
  scale: number;
  /** File for all measurements as JSON. */
  json: string | undefined;
  /** The program that is the gateway; undefined for the one of this repository. */
  entry: string | undefined;
  /** Say where the gateway's time and memory go instead of how fast it is. */
  profile: boolean;
  withGateway: boolean;
  withEnvoy: boolean;
}

/** The help text. */
export const usage = `npm run bench -- [options]

Measures the gateway beside its bare backend and beside a translator of thirty lines, in turn and on loopback,
and prints what was reached beside each goal.

  --only NAME      one topic; may be given more than once (answers, first-token, burst, paced, start, memory,
                   ingest, search, upload, file-search, mcp, sandbox, replay,
                   websockets)
  --rounds N       rounds over all targets; the medians are printed (3, with --quick 2)
  --quick          a quarter of the load
  --json FILE      write every single measurement, too
  --profile        instead: where the gateway's CPU time and allocations go, function by function
  --entry FILE     measure this program (a bundle, another checkout) as the gateway
  --no-envoy       leave Envoy out
  --no-gateway     only backend and translator: how steady is this machine?
  --help`;

/**
 * Reads the command line.
 *
 * @throws Error in a sentence that names the option, when it is unknown or its value makes no sense.
 */
export function parseArguments(args: string[], topicNames: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string", multiple: true },
      rounds: { type: "string" },
      quick: { type: "boolean" },
      json: { type: "string" },
      profile: { type: "boolean" },
      entry: { type: "string" },
      "no-envoy": { type: "boolean" },
      "no-gateway": { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  const wanted = values.only ?? [];
  for (const name of wanted) {
    if (!topicNames.includes(name)) {
      throw new Error(`--only ${name}: there is no such topic; there is ${topicNames.join(", ")}.`);
    }
  }
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 3));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
    throw new Error(`--rounds ${values.rounds}: expected a whole number from 1 to 100.`);
  }
  const entry = values.entry === undefined ? undefined : resolve(values.entry);
  if (entry !== undefined && !existsSync(entry)) throw new Error(`--entry ${entry}: there is no such file.`);
  if (values.profile && values["no-gateway"]) {
    throw new Error("--profile looks into the gateway; it cannot go with --no-gateway.");
  }
  return {
    help: values.help ?? false,
    only: topicNames.filter((name) => wanted.length === 0 || wanted.includes(name)),
    rounds,
    scale: values.quick ? 0.25 : 1,
    json: values.json,
    entry,
    profile: values.profile ?? false,
    withGateway: !values["no-gateway"],
    withEnvoy: !values["no-envoy"] && !values["no-gateway"],
  };
}
