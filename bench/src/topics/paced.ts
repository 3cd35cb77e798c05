import { atMost, renderNumber, type TopicReport } from "../report/topic-report.ts";
import { benchModels } from "../scripted-answers.ts";
import { allTargets, measureInTurn, names, type TopicContext } from "./topic.ts";

/** 64 streams with a token each 10 ms: what users see, and where each token is a read and a write of its own. */
export async function measurePaced(context: TopicContext): Promise<TopicReport> {
  const targets = allTargets(context);
  const streams = 64;
  const rounds = await measureInTurn(
    context,
    "paced streams",
    targets,
    { model: benchModels.paced, stream: true, clients: streams, requests: streams },
    // Long streams warm up as well as they run; a short burst is enough.
    { model: benchModels.burst, requests: 10 * streams },
  );
  const { gateway, translator } = names;
  return {
    title: "Tokens at a pace",
    note: "64 streams of 200 tokens, one token each 10 ms. The rate is the backend's; what counts is CPU, in µs a token.",
    columns: ["target", "tokens/s", "CPU", "of translator", "Envoy's CPU", "first token p50", "p99"],
    rows: targets.map(({ name }) => [
      name,
      renderNumber(rounds.median(name, "tokensPerSecond")),
      renderNumber(rounds.median(name, "cpuPerToken")),
      renderNumber(rounds.ratio(name, translator, "cpuPerToken")),
      renderNumber(rounds.median(name, "envoyPerToken")),
      renderNumber(rounds.median(name, "firstToken")),
      renderNumber(rounds.median(name, "firstTokenP99")),
    ]),
    goals: [
      atMost("CPU a token, of the translator's", 1.6, rounds.ratio(gateway, translator, "cpuPerToken")),
    ],
    raw: rounds.all,
  };
}
