import { tempDir } from "@gateway/testkit";
import { type Embedder, startEmbedder } from "../embeddings/start-embedder.ts";
import type { GatewayUnderTest } from "../gateway-under-test.ts";
import { openKnowledgeClient, uploadAll } from "../knowledge-client.ts";
import { readLoopDelay } from "../loop-delay.ts";
import { atMost, type Goal, renderNumber, type TopicReport } from "../report/topic-report.ts";
import type { LoadJob } from "../run-load.ts";
import { chunkWords, fillIndex } from "../search-data.ts";
import { toSearchJob } from "../search-job.ts";
import type { Measured } from "../stage.ts";
import { median } from "../statistics.ts";
import { openProse } from "../texts/prose.ts";
import type { TopicContext } from "./topic.ts";

/** How many chunks a store has, and what the middle search of it may take in ms. */
const sizes = [
  { chunks: 10_000, limit: 10 },
  { chunks: 100_000, limit: 40 },
];

/** Files of a store. */
const documents = 20;

/** Different questions, asked in turn: one alone would be answered from what is in memory. */
const questions = 64;

/** What the searches of one store came to, round by round. */
interface Searches {
  chunks: number;
  limit: number;
  /** Seconds it took to write the index. */
  filled: number;
  one: Measured[];
  four: Measured[];
  /** 99th percentiles of the gateway's event-loop delay while four clients searched, in ms. */
  loopDelays: number[];
}

/** Searches over HTTP in stores of two sizes: latency, and what they do to the event loop. */
export async function measureSearch(context: TopicContext): Promise<TopicReport> {
  const found: Searches[] = [];
  const embeddings: Measured[] = [];
  if (context.gateway !== undefined) {
    await using embedder = await startEmbedder(0);
    for (const { chunks, limit } of sizes) {
      found.push(await searchIn(context, embedder, Math.round(chunks * context.scale), limit));
    }
    embeddings.push(...(await measureEmbedder(context, embedder)));
  }
  const middle = (all: Measured[], value: keyof Measured): number | undefined =>
    median(all.flatMap(({ [value]: each }) => each ?? []));
  const row = (name: string, clients: number, all: Measured[], loopDelay?: number) => [
    name,
    String(clients),
    renderNumber(middle(all, "rate")),
    renderNumber(middle(all, "p50")),
    renderNumber(middle(all, "p99")),
    renderNumber(middle(all, "cpuPerAnswer")),
    renderNumber(loopDelay),
  ];
  return {
    title: "Search",
    note: `POST /v1/vector_stores/{id}/search by words and vectors in a store of chunks of ${chunkWords} words with vectors of 384 numbers, ${questions} questions in turn, 10 results. The question is embedded by a server without delay, whose own time is in the first line. p50 and p99 in ms, CPU in ms a search, delay of the gateway's event loop as p99 in ms.`,
    columns: ["target", "clients", "searches/s", "p50", "p99", "CPU", "loop delay"],
    rows: [
      ...(embeddings.length === 0 ? [] : [row("embedding alone", 1, embeddings)]),
      ...found.flatMap(({ chunks, one, four, loopDelays }) => [
        row(`${renderNumber(chunks)} chunks`, 1, one),
        row(`${renderNumber(chunks)} chunks`, 4, four, median(loopDelays)),
      ]),
    ],
    goals: found.flatMap(({ chunks, limit, one, loopDelays }): Goal[] => [
      atMost(`${renderNumber(chunks)} chunks, 1 client: p50`, limit, middle(one, "p50"), "ms"),
      atMost(
        `${renderNumber(chunks)} chunks, 4 clients: delay of the event loop, p99`,
        20,
        median(loopDelays),
        "ms",
      ),
    ]),
    raw: { embeddings, searches: found },
  };
}

async function searchIn(
  { stage, rounds, scale, say }: TopicContext,
  embedder: Embedder,
  chunks: number,
  limit: number,
): Promise<Searches> {
  using dir = tempDir("gateway-bench-");
  const choice = { config: embedder.config, cwd: dir.path, withEnvoy: false };
  say(`search: a store of ${chunks} chunks`);
  const begin = performance.now();
  const store = await makeStore(await stage.startGateway(choice));
  const { backend, model } = embedder.config.embeddings;
  await fillIndex(dir.path, `${backend}/${model}`, chunks);
  const filled = (performance.now() - begin) / 1000;
  const gateway = await stage.startGateway(choice);
  try {
    const found: Searches = { chunks, limit, filled, one: [], four: [], loopDelays: [] };
    const search = (clients: number, seconds: number): Promise<Measured> =>
      stage.runJob(
        gateway.direct,
        toSearchJob(gateway.direct.origin, store, askQuestions(), { clients, seconds }),
      );
    await search(4, 1.5);
    say(`search: ${chunks} chunks, 1 client and 4, ${rounds} round${rounds === 1 ? "" : "s"}`);
    for (let round = 0; round < rounds; round += 1) {
      found.one.push(await search(1, 2 * scale));
      // The gauge covers the time since its last reading: from here on, only four clients.
      await readLoopDelay(gateway.process.http);
      found.four.push(await search(4, 2 * scale));
      const delay = await readLoopDelay(gateway.process.http);
      if (delay !== undefined) found.loopDelays.push(delay);
    }
    return found;
  } finally {
    await gateway.stop();
  }
}

/** A store with small files, whose gateway has ended; gives the store's id. */
async function makeStore(gateway: GatewayUnderTest): Promise<string> {
  try {
    const client = openKnowledgeClient(gateway.process.http);
    const store = await client.createStore();
    const prose = openProse(1);
    const files = Array.from({ length: documents }, (_, i) => ({
      name: `report-${i + 1}.txt`,
      text: prose.text(chunkWords),
    }));
    await client.takeIn(store, await uploadAll(client, files));
    return store;
  } finally {
    await gateway.stop();
  }
}

function askQuestions(): string[] {
  const prose = openProse(7);
  return Array.from({ length: questions }, () => prose.question());
}

async function measureEmbedder(
  { stage, rounds, scale }: TopicContext,
  { origin, pid, config }: Embedder,
): Promise<Measured[]> {
  const body = askQuestions().map((input) =>
    JSON.stringify({ model: config.embeddings.model, input: [input] }),
  );
  const job: LoadJob = {
    origin,
    path: "/v1/embeddings",
    body,
    clients: 1,
    seconds: scale,
    ending: '"usage"',
  };
  const found: Measured[] = [];
  for (let round = 0; round < rounds; round += 1) {
    found.push(await stage.runJob({ name: "embedding alone", pid }, job));
  }
  return found;
}
