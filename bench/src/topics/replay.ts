import { openReplayClient, type ReplayClient } from "../replay-client.ts";
import { atMost, renderNumber, type TopicReport } from "../report/topic-report.ts";
import { benchModels, modelName } from "../scripted-answers.ts";
import { quantile } from "../statistics.ts";
import type { TopicContext } from "./topic.ts";

/** Responses that are stored, and how long they may take to be made, in seconds. */
const stored = 10_000;
const storingSeconds = 60;
const clients = 32;
/** Replays of each kind in one round. */
const replays = 300;

/** Two that open a stream, two that open and four that close its item, its part and itself. */
const eventsBeside = 8;
const long = { tokens: 5000 - eventsBeside, everyMs: 0 };

const manyShort = "200 tokens";
const oneLong = "5,000 events";

/** How long the first event of a stored stream is in coming, one client. */
export async function measureReplay(context: TopicContext): Promise<TopicReport> {
  const times = context.gateway === undefined ? undefined : await measureAll(context);
  const at = (name: string, share: number) => quantile(times?.of[name] ?? [], share);
  const count = times?.stored ?? 0;
  return {
    title: "Replay",
    note: `GET /v1/responses/{id}?stream=true, one client, each time another one of ${count} stored responses of 200 tokens, and one of 5,000 events. From the request to the first event, in ms; the rest is read to its end.`,
    columns: ["response", "p50", "p99"],
    rows:
      times === undefined
        ? []
        : [manyShort, oneLong].map((name) => [
            name,
            renderNumber(at(name, 0.5)),
            renderNumber(at(name, 0.99)),
          ]),
    goals: [
      atMost("first event of 200 tokens", 5, at(manyShort, 0.5), "ms"),
      atMost("first event of 5,000", 5, at(oneLong, 0.5), "ms"),
    ],
    raw: times,
  };
}

/** Milliseconds to the first event, by what was replayed. */
interface Times {
  of: Record<string, number[]>;
  /** How many responses there were. */
  stored: number;
}

async function measureAll({ stage, rounds, scale, say }: TopicContext): Promise<Times> {
  const models = [benchModels.burst, modelName(long)].map((name) => [name, { backends: ["bench"] }]);
  // One of its own: its database has nothing else.
  const gateway = await stage.startGateway({
    withEnvoy: false,
    config: { models: Object.fromEntries(models) },
  });
  try {
    await using client = openReplayClient(gateway.direct.origin, clients);
    say(`replay: storing up to ${stored * scale} responses`);
    const ids = await storeMany(client, stored * scale, storingSeconds * scale);
    const longId = await client.store(modelName(long));
    say(`replay: ${rounds} round${rounds === 1 ? "" : "s"}`);
    const [short, whole]: [number[], number[]] = [[], []];
    for (let n = 0; n < replays * rounds * scale; n++) {
      // Far apart, so that they are on other pages each time.
      const id = ids[(n * 7919) % ids.length] ?? "";
      short.push(await client.replay(id, 200 + eventsBeside));
      if (n % 3 === 0) whole.push(await client.replay(longId, 5000));
    }
    return { of: { [manyShort]: short, [oneLong]: whole }, stored: ids.length };
  } finally {
    await gateway.stop();
  }
}

/** Stores so many responses, or as many as can be made in so many seconds; gives their ids. */
async function storeMany(client: ReplayClient, count: number, seconds: number): Promise<string[]> {
  const ids: string[] = [];
  const deadline = performance.now() + seconds * 1000;
  let left = count;
  const storeSome = async (): Promise<void> => {
    while (left-- > 0 && performance.now() < deadline) ids.push(await client.store(benchModels.burst));
  };
  await Promise.all(Array.from({ length: clients }, storeSome));
  return ids;
}
