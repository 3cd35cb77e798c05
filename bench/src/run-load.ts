import { monitorEventLoopDelay } from "node:perf_hooks";
import { Pool } from "undici";
import { openEventCounter } from "./event-counter.ts";
import { quantile } from "./statistics.ts";

/** One burst of load against one address. It ends after `requests` or `seconds`, whichever is given. */
export interface LoadJob {
  /** "http://host:port". */
  origin: string;
  path: string;
  /** The JSON text every request carries, or several that are sent in turn. */
  body: string | readonly string[];
  /** Requests at a time, each on a connection of its own. */
  clients: number;
  requests?: number;
  seconds?: number;
  /** What the body of a good answer holds exactly once, near its end. */
  ending: string;
  /** For streams: what each token's event holds once, and how many of them a good answer has. */
  token?: { marker: string; count: number };
}

/** What a job came to. Times are in milliseconds. */
export interface LoadResult {
  /** Answers that were complete and had status 200. */
  answers: number;
  /** All other outcomes, and what the first of them was. */
  errors: number;
  firstError?: string;
  /** From the first request to the last answer. */
  elapsed: number;
  /** Whole answers, from the request to its last byte. */
  latency: Spread;
  /** Token events in good answers. */
  tokens: number;
  /** From the request to the read that brought the first token. */
  firstToken?: Spread;
  /** The 99th percentile of the generator's own event-loop delay: what the machine does to any process. */
  loopDelay: number;
}

/** The middle of a set of times and its slow end. */
export interface Spread {
  p50: number;
  p99: number;
}

/** No answer of the bench is silent for this long, in milliseconds. */
const silenceLimit = 30_000;

/** Milliseconds between two looks at the event loop. */
const loopResolution = 20;

/** Runs a job to its end. Failed requests are counted, not thrown. */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const pool = new Pool(job.origin, {
    connections: job.clients,
    pipelining: 1,
    bodyTimeout: silenceLimit,
    headersTimeout: silenceLimit,
  });
  const latencies: number[] = [];
  const firstTokens: number[] = [];
  let tokens = 0;
  let errors = 0;
  let firstError: string | undefined;
  let left = job.requests ?? Number.POSITIVE_INFINITY;
  const bodies = typeof job.body === "string" ? [job.body] : job.body;
  let sentSoFar = 0;
  const delay = monitorEventLoopDelay({ resolution: loopResolution });
  delay.enable();
  const begin = performance.now();
  const deadline = job.seconds === undefined ? Number.POSITIVE_INFINITY : begin + job.seconds * 1000;

  const client = async (): Promise<void> => {
    while (left > 0 && performance.now() < deadline) {
      left -= 1;
      const body = bodies[sentSoFar++ % bodies.length] ?? "";
      const sent = performance.now();
      try {
        const answer = await exchange(pool, job, body);
        latencies.push(performance.now() - sent);
        if (answer.firstTokenAt !== undefined) firstTokens.push(answer.firstTokenAt - sent);
        tokens += answer.tokens;
      } catch (error) {
        errors += 1;
        firstError ??= error instanceof Error ? error.message : String(error);
        // A server that is gone fails thousands of times a second; one list of failures is enough.
        if (errors >= 100) left = 0;
      }
    }
  };
  await Promise.all(Array.from({ length: job.clients }, client));
  const elapsed = performance.now() - begin;
  delay.disable();
  await pool.close();
  return {
    answers: latencies.length,
    errors,
    ...(firstError === undefined ? {} : { firstError }),
    elapsed,
    latency: spread(latencies),
    tokens,
    // What is sampled is the time between two ticks of a timer: its period is no delay.
    loopDelay: Math.max(0, delay.percentile(99) / 1e6 - loopResolution),
    ...(firstTokens.length === 0 ? {} : { firstToken: spread(firstTokens) }),
  };
}

function spread(times: number[]): Spread {
  return { p50: quantile(times, 0.5) ?? Number.NaN, p99: quantile(times, 0.99) ?? Number.NaN };
}

interface Answer {
  tokens: number;
  firstTokenAt: number | undefined;
}

/** One request. Rejects unless the answer has status 200, its ending and all its tokens. */
function exchange(pool: Pool, job: LoadJob, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const tokenCounter = job.token && openEventCounter(job.token.marker);
    const endingCounter = openEventCounter(job.ending);
    const answer: Answer = { tokens: 0, firstTokenAt: undefined };
    let status = 0;
    let endings = 0;
    let opening = "";
    const { path } = job;
    const headers = { "content-type": "application/json" };
    pool.dispatch(
      { method: "POST", path, headers, body },
      {
        onRequestStart() {},
        onResponseStart(_controller, statusCode) {
          status = statusCode;
        },
        onResponseData(_controller, chunk) {
          if (status !== 200 && opening.length < 300) opening += chunk.toString();
          if (tokenCounter) {
            answer.tokens += tokenCounter.feed(chunk);
            if (answer.firstTokenAt === undefined && answer.tokens > 0)
              answer.firstTokenAt = performance.now();
          }
          endings += endingCounter.feed(chunk);
        },
        onResponseEnd() {
          if (status !== 200) return reject(new Error(`status ${status}: ${opening.slice(0, 300)}`));
          if (endings !== 1) return reject(new Error(`the ending ${job.ending} came ${endings} times`));
          if (job.token && answer.tokens !== job.token.count)
            return reject(new Error(`${answer.tokens} tokens came instead of ${job.token.count}`));
          resolve(answer);
        },
        onResponseError(_controller, error) {
          reject(error);
        },
      },
    );
  });
}
