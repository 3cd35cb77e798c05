import { startLineProcess } from "../line-process.ts";
import { readLoopDelay } from "../loop-delay.ts";
import { atMost, renderNumber, type TopicReport } from "../report/topic-report.ts";
import { type Rounds, runRounds } from "../rounds.ts";
import type { LoadJob } from "../run-load.ts";
import { benchModels } from "../scripted-answers.ts";
import type { Measured } from "../stage.ts";
import { median } from "../statistics.ts";
import { type Target, toLoadJob } from "../target.ts";
import type { TopicContext } from "./topic.ts";

/** Servers, and at the same time calls of one response and responses at a time: a hundred calls are under way. */
const servers = 10;

/** Rounds for each that is asked for. */
const shortRounds = 5;

const plain = "plain response";
const call = "call by itself";
const loop = "response with a call";

interface Found {
  rounds: Rounds;
  /** Of the responses that call all servers. */
  many: Measured[];
  loopDelays: number[];
}

/**
 * What calls of tools of MCP servers cost: what a response with one adds to the same turns and the same call without a
 * loop around them, and what a hundred calls at once do to the event loop.
 */
export async function measureMcp(context: TopicContext): Promise<TopicReport> {
  const found = context.gateway === undefined ? undefined : await measureCalls(context);
  const added = found && addedByCall(found.rounds.all);
  const delay = found && median(found.loopDelays);
  const middle = (value: "p50" | "p99" | "cpuPerAnswer") =>
    median((found?.many ?? []).flatMap(({ [value]: each }) => each ?? []));
  return {
    title: "Tools of MCP servers",
    note: `POST /v1/responses without streaming, answers of 20 tokens, servers that answer at once over Streamable HTTP. First 1 client and 1 call; added: to two plain responses and a call by itself, in the same round. Then ${servers} clients, each with responses whose model calls the tools of ${servers} servers in one turn. p50, p99 and CPU in ms, delay of the gateway's event loop as p99 in ms.`,
    columns: ["what", "p50", "p99", "CPU", "added", "loop delay"],
    rows:
      found === undefined
        ? []
        : [
            ...[plain, call, loop].map((name) => [
              name,
              renderNumber(found.rounds.median(name, "p50")),
              renderNumber(found.rounds.median(name, "p99")),
              renderNumber(found.rounds.median(name, "cpuPerAnswer")),
              name === loop ? renderNumber(added) : undefined,
              undefined,
            ]),
            [
              `${servers} × ${servers} calls at once`,
              renderNumber(middle("p50")),
              renderNumber(middle("p99")),
              renderNumber(middle("cpuPerAnswer")),
              undefined,
              renderNumber(delay),
            ],
          ],
    goals: [
      atMost("added by a call", 2, added, "ms"),
      atMost(`event-loop delay p99, ${servers * servers} calls at once`, 20, delay, "ms"),
    ],
    raw: found,
  };
}

/**
 * The median over the rounds of how much longer the middle response with a call took than two plain ones and a call, in
 * ms; undefined when a part was not measured.
 */
export function addedByCall(all: Record<string, readonly { p50: number }[]>): number | undefined {
  return median(
    (all[loop] ?? []).flatMap((whole, round) => {
      const [turn, alone] = [all[plain]?.[round], all[call]?.[round]];
      return turn === undefined || alone === undefined ? [] : [whole.p50 - 2 * turn.p50 - alone.p50];
    }),
  );
}

async function measureCalls({ stage, rounds, scale, say }: TopicContext): Promise<Found> {
  const child = await startLineProcess("mcp-server.ts", { COUNT: String(servers) });
  const { ports } = (await child.nextLine()) as { ports: number[] };
  const config = { tools: { allow_private_networks: true } };
  const gateway = await stage.startGateway({ config, withEnvoy: false });
  try {
    say(`mcp: ${rounds} round${rounds === 1 ? "" : "s"}`);
    const { direct } = gateway;
    const ask = { model: benchModels.short, stream: false, clients: 1 };
    const jobs: Record<string, LoadJob> = {
      [plain]: toLoadJob(direct, ask),
      [call]: toCallJob(ports[0] ?? 0),
      [loop]: withCalls(direct, ports.slice(0, 1), 1),
    };
    const run = (name: string, requests: number) =>
      stage.runJob({ ...direct, name }, { ...(jobs[name] as LoadJob), requests });
    const targets = Object.keys(jobs).map((name) => ({ name }));
    for (const { name } of targets) await run(name, 200);
    const requests = Math.max(20, Math.round(100 * scale));
    const alone = await runRounds(shortRounds * rounds, targets, ({ name }) => run(name, requests));

    const all = withCalls(direct, ports, servers);
    await stage.runJob(direct, { ...all, requests: 200 });
    const many: Measured[] = [];
    const loopDelays: number[] = [];
    for (let round = 0; round < rounds; round++) {
      // What was before is not counted: the gauge begins anew with each look at it.
      await readLoopDelay(direct.origin);
      many.push(await stage.runJob(direct, { ...all, requests: Math.max(50, Math.round(500 * scale)) }));
      loopDelays.push((await readLoopDelay(direct.origin)) ?? Number.NaN);
    }
    return { rounds: alone, many, loopDelays };
  } finally {
    await gateway.stop();
    await child.stop();
  }
}

/** Responses whose model calls the tools of all these servers in its first turn. */
function withCalls(direct: Target, ports: readonly number[], clients: number): LoadJob {
  const tools = ports.map((port, number) => ({
    type: "mcp",
    server_label: `server_${number}`,
    server_url: `http://127.0.0.1:${port}/mcp`,
    require_approval: "never",
  }));
  return {
    ...toLoadJob({ ...direct, fields: { tools } }, { model: benchModels.short, stream: false, clients }),
    // A response whose call failed would be complete, too, and fast.
    token: { marker: '"status":"completed","server_label":', count: ports.length },
  };
}

/** The same call without a gateway. */
function toCallJob(port: number): LoadJob {
  return {
    origin: `http://127.0.0.1:${port}`,
    path: "/mcp",
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "bench_tool_0", arguments: { text: "what the bench asks" } },
    }),
    clients: 1,
    ending: '"result":',
  };
}
