import { atLeast, atMost, renderNumber, type TopicReport } from "../report/topic-report.ts";
import { benchModels } from "../scripted-answers.ts";
import { allTargets, measureInTurn, names, type TopicContext } from "./topic.ts";

/** Answers that are not streamed, one client and 32: rate, latency, CPU. */
export async function measureAnswers(context: TopicContext): Promise<TopicReport> {
  const targets = allTargets(context);
  const ask = { model: benchModels.short, stream: false };
  const warmUp = { clients: 32, seconds: 1.5 };
  const { scale } = context;
  const many = await measureInTurn(
    context,
    "answers, 32 clients",
    targets,
    { ...ask, clients: 32, seconds: 2 * scale },
    warmUp,
  );
  const one = await measureInTurn(
    context,
    "answers, 1 client",
    targets,
    { ...ask, clients: 1, seconds: scale },
    { clients: 1, seconds: 0.2 },
  );
  const { gateway, translator, backend, envoy } = names;
  return {
    title: "Answers in one piece",
    note: "POST /v1/responses without streaming, 20 tokens, stored in SQLite on disk. p50 and p99 in ms, CPU in ms an answer.",
    columns: [
      ...[
        "target",
        "answers/s, 32 clients",
        "of translator",
        "p50",
        "p99",
        "CPU",
        "of translator",
        "Envoy's CPU",
      ],
      ...["1 client: p50", "p99"],
    ],
    rows: targets.map(({ name }) => [
      name,
      renderNumber(many.median(name, "rate")),
      renderNumber(many.ratio(name, translator, "rate")),
      renderNumber(many.median(name, "p50")),
      renderNumber(many.median(name, "p99")),
      renderNumber(many.median(name, "cpuPerAnswer")),
      renderNumber(many.ratio(name, translator, "cpuPerAnswer")),
      renderNumber(many.median(name, "envoyPerAnswer")),
      renderNumber(one.median(name, "p50")),
      renderNumber(one.median(name, "p99")),
    ]),
    goals: [
      atLeast("rate at 32 clients, of the translator's", 0.65, many.ratio(gateway, translator, "rate")),
      atMost("added to the backend's own answer at 1 client", 0.55, one.added(gateway, backend, "p50"), "ms"),
      atMost("CPU an answer at 32 clients", 0.45, many.median(gateway, "cpuPerAnswer"), "ms"),
      atLeast("rate through Envoy, of the direct rate", 0.5, many.ratio(envoy, gateway, "rate")),
    ],
    raw: { "32 clients": many.all, "1 client": one.all },
  };
}
