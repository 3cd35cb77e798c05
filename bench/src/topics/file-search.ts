import { startEmbedder } from "../embeddings/start-embedder.ts";
import { openKnowledgeClient, uploadAll } from "../knowledge-client.ts";
import { atMost, renderNumber, type TopicReport } from "../report/topic-report.ts";
import { type Rounds, runRounds } from "../rounds.ts";
import type { LoadJob } from "../run-load.ts";
import { benchModels, searchQuestion } from "../scripted-answers.ts";
import { toSearchJob } from "../search-job.ts";
import type { Measured } from "../stage.ts";
import { median } from "../statistics.ts";
import { toLoadJob } from "../target.ts";
import { openProse } from "../texts/prose.ts";
import type { TopicContext } from "./topic.ts";

/** Files of the store and words of each: a small store, for it is the loop that is measured, not the search. */
const files = 20;
const fileWords = 5_000;
/** Tokens of a chunk, as short as they can be: what the model is shown of ten long ones is a cost of its own. */
const chunking = { size: 130, overlap: 0 };

/** Rounds for each that is asked for. */
const shortRounds = 5;

const plain = "plain response";
const search = "search by itself";
const loop = "response with a file search";

/**
 * What the tool loop adds: a response in which the model searches once and then answers, beside two plain
 * responses and a search by itself, which are the same turns without a loop around them.
 */
export async function measureFileSearch(context: TopicContext): Promise<TopicReport> {
  const rounds = context.gateway === undefined ? undefined : await measureRounds(context);
  const added = rounds === undefined ? undefined : addedByLoop(rounds.all);
  return {
    title: "The loop of a file search",
    note: `POST /v1/responses without streaming, 1 client, answers of 20 tokens. The model calls file_search once and answers in its second turn, for which it is shown ten passages of 100 words. Added: to two plain responses and a search by itself, in the same round. p50, p99 and CPU in ms.`,
    columns: ["what", "p50", "p99", "CPU", "added"],
    rows:
      rounds === undefined
        ? []
        : [plain, search, loop].map((name) => [
            name,
            renderNumber(rounds.median(name, "p50")),
            renderNumber(rounds.median(name, "p99")),
            renderNumber(rounds.median(name, "cpuPerAnswer")),
            name === loop ? renderNumber(added) : undefined,
          ]),
    goals: [atMost("added by the loop", 2, added, "ms")],
    raw: rounds?.all,
  };
}

/**
 * The median over the rounds of how much longer the middle response with a search took than two plain ones and a
 * search, in ms; undefined when a part was not measured.
 */
export function addedByLoop(all: Record<string, readonly { p50: number }[]>): number | undefined {
  const added = (all[loop] ?? []).flatMap((whole, round) => {
    const [turn, found] = [all[plain]?.[round], all[search]?.[round]];
    return turn === undefined || found === undefined ? [] : [whole.p50 - 2 * turn.p50 - found.p50];
  });
  return median(added);
}

async function measureRounds({ stage, rounds, scale, say }: TopicContext): Promise<Rounds> {
  await using embedder = await startEmbedder(0);
  const gateway = await stage.startGateway({ config: embedder.config, withEnvoy: false });
  try {
    say(`file-search: ${rounds} round${rounds === 1 ? "" : "s"}`);
    const { direct } = gateway;
    const client = openKnowledgeClient(direct.origin);
    const store = await client.createStore();
    const prose = openProse(11);
    const texts = Array.from({ length: files }, (_, i) => ({
      name: `report-${i + 1}.txt`,
      text: prose.text(fileWords),
    }));
    await client.takeIn(store, await uploadAll(client, texts), chunking);

    const ask = { model: benchModels.short, stream: false, clients: 1 };
    const tools = [{ type: "file_search", vector_store_ids: [store] }];
    const job: Record<string, LoadJob> = {
      [plain]: toLoadJob(direct, ask),
      [search]: toSearchJob(direct.origin, store, [searchQuestion], { clients: 1 }),
      [loop]: {
        ...toLoadJob({ ...direct, fields: { tools } }, ask),
        // A response whose search failed would be complete, too, and fast.
        token: { marker: '"status":"completed","queries":[', count: 1 },
      },
    };
    const run = (name: string, requests: number): Promise<Measured> =>
      stage.runJob({ ...direct, name }, { ...(job[name] as LoadJob), requests });
    const targets = Object.keys(job).map((name) => ({ name }));
    for (const { name } of targets) await run(name, 100);
    // A difference of three times: many short rounds, for the machine is another one from second to second.
    const requests = Math.max(20, Math.round(50 * scale));
    return await runRounds(shortRounds * rounds, targets, ({ name }) => run(name, requests));
  } finally {
    await gateway.stop();
  }
}
