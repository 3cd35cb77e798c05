import type { GatewayUnderTest } from "../gateway-under-test.ts";
import { type LineProcess, startLineProcess } from "../line-process.ts";
import { readLoopDelay } from "../loop-delay.ts";
import { memory, startCpuWatch } from "../process-cost.ts";
import { watchPeak } from "../process-peak.ts";
import { atMost, type Goal, renderNumber, type TopicReport } from "../report/topic-report.ts";
import type { UploadJob, UploadResult } from "../run-upload.ts";
import { median } from "../statistics.ts";
import { names, type TopicContext } from "./topic.ts";

const mebibyte = 2 ** 20;
/** The longest file the API takes at once, and the longest part. */
const fileBytes = 512 * mebibyte;
const partBytes = 64 * mebibyte;

/** A way to upload a file. */
interface Way {
  name: string;
  throughEnvoy: boolean;
  inParts: boolean;
}

/** One upload; undefined is what could not be measured. */
interface Upload {
  /** MB a second. */
  rate: number | undefined;
  /** Resident memory of the gateway's process in MB: before, and the highest while the upload ran. */
  idle: number | undefined;
  peak: number | undefined;
  /** 99th percentile of the event-loop delay, in ms. */
  loopDelay: number | undefined;
  /** CPU milliseconds a MB of the gateway's process and of Envoy's. */
  cpu: number | undefined;
  envoyCpu: number | undefined;
  refused?: string | undefined;
}

/** The largest upload, at once and in parts, directly and through Envoy: memory, rate, and the event loop. */
export async function measureUpload(context: TopicContext): Promise<TopicReport> {
  const { gateway, say, rounds, scale } = context;
  const bytes = Math.round(fileBytes * scale);
  const ways: Way[] = [false, true]
    .filter((envoy) => gateway !== undefined && (!envoy || gateway.throughEnvoy !== undefined))
    .flatMap((throughEnvoy) => {
      const door = throughEnvoy ? names.envoy : names.gateway;
      return [
        { name: `${door}, at once`, throughEnvoy, inParts: false },
        { name: `${door}, in parts`, throughEnvoy, inParts: true },
      ];
    });
  const found = new Map<string, Upload[]>(ways.map(({ name }) => [name, []]));
  const load = await startLineProcess("upload-load.ts");
  try {
    await load.nextLine();
    for (let round = 0; round < rounds; round += 1) {
      for (const way of ways) {
        say(`upload: ${way.name}, round ${round + 1} of ${rounds}`);
        const upload = await uploadOnce(context, load, way, bytes);
        if (upload.refused !== undefined) say(`upload: ${way.name} was refused: ${upload.refused}`);
        found.get(way.name)?.push(upload);
      }
    }
  } finally {
    await load.stop();
  }
  const middle = (name: string, value: Exclude<keyof Upload, "refused">): number | undefined =>
    median(found.get(name)?.flatMap((upload) => upload[value] ?? []) ?? []);
  const megabytes = renderNumber(bytes / mebibyte);
  return {
    title: "Uploads",
    note: `A file of ${megabytes} MB of random bytes, by POST /v1/files at once and by POST /v1/uploads in ${renderNumber((partBytes * scale) / mebibyte)} MB parts one after the other, each to a gateway started for it. Resident memory of the gateway's process in MB, delay of its event loop as p99 in ms, CPU in ms a MB.`,
    columns: ["target", "MB/s", "idle", "peak", "loop delay", "CPU", "Envoy's CPU", "refused"],
    rows: ways.map(({ name }) => [
      name,
      renderNumber(middle(name, "rate")),
      renderNumber(middle(name, "idle")),
      renderNumber(middle(name, "peak")),
      renderNumber(middle(name, "loopDelay")),
      renderNumber(middle(name, "cpu")),
      renderNumber(middle(name, "envoyCpu")),
      found
        .get(name)
        ?.find(({ refused }) => refused !== undefined)
        ?.refused?.slice(0, 60),
    ]),
    goals: ways.flatMap(({ name, inParts }): Goal[] => [
      ...(inParts ? [] : [atMost(`${name}: peak of memory`, 150, middle(name, "peak"), "MB")]),
      atMost(`${name}: delay of the event loop, p99`, 20, middle(name, "loopDelay"), "ms"),
    ]),
    raw: Object.fromEntries(found),
  };
}

/** One upload to a gateway started for it: what is left of the one before would be in its memory. */
async function uploadOnce(
  { stage, scale }: TopicContext,
  load: LineProcess,
  { throughEnvoy, inParts }: Way,
  bytes: number,
): Promise<Upload> {
  const gateway: GatewayUnderTest = await stage.startGateway({ withEnvoy: throughEnvoy });
  try {
    const { pid, http } = gateway.process;
    const target = gateway.throughEnvoy ?? gateway.direct;
    const job = (length: number, part: number): UploadJob => ({
      origin: target.origin,
      bytes: length,
      ...(inParts ? { partBytes: part } : {}),
    });
    const run = async (of: UploadJob): Promise<UploadResult> => {
      load.send(of);
      return (await load.nextLine()) as UploadResult;
    };
    // What is loaded with the first upload is no part of its rate.
    await run(job(mebibyte, mebibyte));
    await readLoopDelay(http);
    const idle = memory(pid)?.now;
    const peak = watchPeak(pid);
    const used = startCpuWatch({ own: pid, envoy: target.envoyPid ?? 0 });
    const { elapsed, refused } = await run(job(bytes, Math.round(partBytes * scale)));
    const { own, envoy } = used();
    const highest = peak();
    const loopDelay = await readLoopDelay(http);
    if (refused !== undefined) {
      const nothing = { rate: undefined, peak: undefined, loopDelay: undefined, cpu: undefined };
      return { ...nothing, envoyCpu: undefined, idle, refused };
    }
    const size = bytes / mebibyte;
    return {
      rate: (size * 1000) / elapsed,
      idle,
      peak: highest,
      loopDelay,
      cpu: own === undefined ? undefined : own / size,
      envoyCpu: envoy === undefined ? undefined : envoy / size,
    };
  } finally {
    await gateway.stop();
  }
}
