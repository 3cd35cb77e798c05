import { atLeast, atMost, renderNumber, type TopicReport } from "../report/topic-report.ts";
import { benchModels } from "../scripted-answers.ts";
import { allTargets, measureInTurn, names, type TopicContext } from "./topic.ts";

const plain = "gateway, no obfuscation";

/** 32 streams of 200 tokens that the backend sends at once: how well bursts are batched. */
export async function measureBurst(context: TopicContext): Promise<TopicReport> {
  const targets = allTargets(context);
  const direct = context.gateway?.direct;
  if (direct !== undefined) {
    targets.push({ ...direct, name: plain, fields: { stream_options: { include_obfuscation: false } } });
  }
  const seconds = 1.5 * context.scale;
  const rounds = await measureInTurn(
    context,
    "burst",
    targets,
    { model: benchModels.burst, stream: true, clients: 32, seconds },
    { seconds: 0.8 },
  );
  const { gateway, translator } = names;
  return {
    title: "Tokens at once",
    note: "32 streams of 200 tokens with no delay between them. CPU in µs a token; first token in ms.",
    columns: ["target", "tokens/s", "of translator", "CPU", "Envoy's CPU", "first token p50"],
    rows: targets.map(({ name }) => [
      name,
      renderNumber(rounds.median(name, "tokensPerSecond")),
      renderNumber(rounds.ratio(name, translator, "tokensPerSecond")),
      renderNumber(rounds.median(name, "cpuPerToken")),
      renderNumber(rounds.median(name, "envoyPerToken")),
      renderNumber(rounds.median(name, "firstToken")),
    ]),
    goals: [
      atLeast("tokens a second", 100_000, rounds.median(gateway, "tokensPerSecond")),
      atLeast(
        "tokens a second, of the translator's",
        1,
        rounds.ratio(gateway, translator, "tokensPerSecond"),
      ),
      atMost("CPU a token", 9, rounds.median(gateway, "cpuPerToken"), "µs"),
    ],
    raw: rounds.all,
  };
}
