import { startEmbedder } from "../embeddings/start-embedder.ts";
import type { GatewayUnderTest } from "../gateway-under-test.ts";
import { openKnowledgeClient, type TextFile, uploadAll } from "../knowledge-client.ts";
import { cpuTime, memory } from "../process-cost.ts";
import { childOf, watchPeak } from "../process-peak.ts";
import { atMost, renderNumber, type TopicReport } from "../report/topic-report.ts";
import { openProse } from "../texts/prose.ts";
import type { TopicContext } from "./topic.ts";

/** Words of a page. */
const pageWords = 500;
/** Pages in one file. */
const filePages = 10;
/** What a small embedding model takes for a chunk of 800 tokens on a graphics card of the lower class. */
const msPerText = 10;
/** Files for the embeddings server, and for the built-in model, which works on the same cores as all the rest. */
const manyFiles = 100;
const fewFiles = 2;

/** What one ingestion came to. */
interface Ingestion {
  pages: number;
  /** Seconds of the uploads before it. */
  uploaded: number;
  /** Seconds from the call that adds the files to the last of them being taken in. */
  took: number;
  /** Chunks that were embedded, and seconds in which the embedder worked on them; undefined for the built-in one. */
  texts?: number;
  busy?: number;
  /** CPU seconds of the gateway's process. */
  cpu: number | undefined;
  /** Highest resident memory in MB of the gateway's process, and of the embedder's where that is its child. */
  peak: number | undefined;
  childPeak?: number | undefined;
}

/** Files taken into a vector store: what the gateway adds to the time of the embedder, and what it costs. */
export async function measureIngest(context: TopicContext): Promise<TopicReport> {
  const many = Math.max(1, Math.round(manyFiles * context.scale));
  const few = Math.max(1, Math.round(fewFiles * context.scale));
  const found: [name: string, ingestion: Ingestion][] = [];
  if (context.gateway !== undefined) {
    context.say(`ingest: ${many * filePages} pages with an embeddings server`);
    found.push(["embeddings server", await withServer(context, many)]);
    context.say(`ingest: ${few * filePages} pages with the built-in model`);
    found.push(["built-in model", await withBuiltIn(context, few)]);
  }
  const served = found[0]?.[1];
  return {
    title: "Ingestion",
    note: `Files of ${filePages} pages of ${pageWords} words, put into a vector store with the default chunks. The embeddings server takes ${msPerText} ms a chunk and one request at a time; busy is how long it worked. Times in s, CPU of the gateway's process in ms a page, memory as peak in MB; the built-in model has a process of its own, which was running already.`,
    columns: [
      "embedder",
      "pages",
      "chunks",
      "uploads",
      "taken in",
      "busy",
      "pages/s",
      "CPU",
      "memory",
      "embedder's",
    ],
    rows: found.map(([name, { pages, texts, uploaded, took, busy, cpu, peak, childPeak }]) => [
      name,
      renderNumber(pages),
      renderNumber(texts),
      renderNumber(uploaded),
      renderNumber(took),
      renderNumber(busy),
      renderNumber(pages / took),
      renderNumber(cpu === undefined ? undefined : (cpu * 1000) / pages),
      renderNumber(peak),
      renderNumber(childPeak),
    ]),
    goals: [
      atMost(
        "time of the ingestion, of the embedder's own",
        1.1,
        served?.busy === undefined ? undefined : served.took / served.busy,
      ),
    ],
    raw: Object.fromEntries(found),
  };
}

async function withServer({ stage }: TopicContext, files: number): Promise<Ingestion> {
  await using embedder = await startEmbedder(msPerText);
  const gateway = await stage.startGateway({ config: embedder.config, withEnvoy: false });
  try {
    // The processes and threads that are started by the first file are no part of the rate.
    await takeIn(gateway, writeFiles(1, 1, 1));
    const before = await embedder.count();
    const ingestion = await takeIn(gateway, writeFiles(2, files, filePages));
    const after = await embedder.count();
    const texts = after.texts - before.texts;
    return { ...ingestion, texts, busy: (after.busyMs - before.busyMs) / 1000 };
  } finally {
    await gateway.stop();
  }
}

async function withBuiltIn({ stage }: TopicContext, files: number): Promise<Ingestion> {
  const gateway = await stage.startGateway({ withEnvoy: false });
  try {
    await takeIn(gateway, writeFiles(1, 1, 1));
    const child = childOf(gateway.process.pid, "embed-process");
    const ingestion = await takeIn(gateway, writeFiles(2, files, filePages));
    return { ...ingestion, childPeak: child === undefined ? undefined : memory(child)?.peak };
  } finally {
    await gateway.stop();
  }
}

async function takeIn({ process }: GatewayUnderTest, files: TextFile[]): Promise<Ingestion> {
  const client = openKnowledgeClient(process.http);
  const store = await client.createStore();
  const begin = performance.now();
  const ids = await uploadAll(client, files);
  const uploaded = (performance.now() - begin) / 1000;
  const cpuBefore = cpuTime(process.pid);
  const peak = watchPeak(process.pid);
  const took = (await client.takeIn(store, ids)) / 1000;
  const cpuAfter = cpuTime(process.pid);
  const cpu = cpuBefore === undefined || cpuAfter === undefined ? undefined : (cpuAfter - cpuBefore) / 1000;
  return { pages: countPages(files), uploaded, took, cpu, peak: peak() };
}

function writeFiles(seed: number, count: number, pages: number): TextFile[] {
  const prose = openProse(seed);
  return Array.from({ length: count }, (_, i) => ({
    name: `report-${seed}-${i + 1}.txt`,
    text: prose.text(pages * pageWords),
  }));
}

/** By their words: the last sentence of a file is written to its end. */
function countPages(files: readonly TextFile[]): number {
  return files.reduce((sum, { text }) => sum + text.split(/\s+/).length, 0) / pageWords;
}
