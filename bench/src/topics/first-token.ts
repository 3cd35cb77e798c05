import { atMost, renderNumber, type TopicReport } from "../report/topic-report.ts";
import { benchModels } from "../scripted-answers.ts";
import { allTargets, measureInTurn, names, type TopicContext } from "./topic.ts";

/** Time to the first token of a stream, one client. */
export async function measureFirstToken(context: TopicContext): Promise<TopicReport> {
  const targets = allTargets(context);
  const requests = Math.round(400 * context.scale);
  const rounds = await measureInTurn(
    context,
    "first token",
    targets,
    { model: benchModels.short, stream: true, clients: 1, requests },
    { requests: 300 },
  );
  const { backend, gateway, envoy } = names;
  return {
    title: "First token",
    note: "Streams with obfuscation, one client; from the request to the read that brings the first token, in ms. Added: to what the backend itself takes, in the same round.",
    columns: ["target", "p50", "p99", "added"],
    rows: targets.map(({ name }) => [
      name,
      renderNumber(rounds.median(name, "firstToken")),
      renderNumber(rounds.median(name, "firstTokenP99")),
      name === backend ? undefined : renderNumber(rounds.added(name, backend, "firstToken")),
    ]),
    goals: [
      atMost("added to the first token", 0.6, rounds.added(gateway, backend, "firstToken"), "ms"),
      atMost("the same through Envoy", 2, rounds.added(envoy, backend, "firstToken"), "ms"),
    ],
    raw: rounds.all,
  };
}
