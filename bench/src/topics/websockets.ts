import { setTimeout as pause } from "node:timers/promises";
import { beginBackground, type IdleClients, openIdleSockets, openIdleTails } from "../idle-clients.ts";
import { readLoopDelay } from "../loop-delay.ts";
import { memory } from "../process-cost.ts";
import { atMost, renderNumber, type TopicReport } from "../report/topic-report.ts";
import { modelName } from "../scripted-answers.ts";
import { names, type TopicContext } from "./topic.ts";

/** Its second token comes after a minute and a half: until then everybody waits. */
const silentModel = modelName({ tokens: 2, everyMs: 90_000 });

/** Responses that run, and are followed by all tails: the number that a gateway runs in the background by itself. */
const running = 16;

/** Nothing of what waits here may be ended for waiting. */
const patient = {
  timeout: { first_byte: "10m", idle: "10m", total: "20m" },
  requests: { max_concurrent: 5000 },
  models: { [silentModel]: { backends: ["bench"] } },
};

/** Resident memory of a gateway whose clients all wait: open WebSockets, then followers of responses as well. */
export async function measureWebSockets(context: TopicContext): Promise<TopicReport> {
  const { stage, say } = context;
  const count = Math.round(1000 * context.scale);
  const held: IdleClients[] = [];
  const gateway = await stage.startGateway({ withEnvoy: false, config: patient });
  try {
    const { pid, http } = gateway.process;
    const settled = async (): Promise<number | undefined> => {
      await pause(5000);
      return memory(pid)?.now;
    };
    const idle = await settled();
    await readLoopDelay(http);
    say(`websockets: ${count} WebSockets`);
    held.push(await openIdleSockets(http, count));
    const sockets = await settled();
    say(`websockets: ${count} followers of ${running} responses`);
    const ids = await beginBackground(http, silentModel, running);
    held.push(await openIdleTails(http, ids, count));
    const tails = await settled();
    const { peak } = memory(pid) ?? {};
    const loopDelay = await readLoopDelay(http);
    const each = (after: number | undefined, before: number | undefined): string | undefined =>
      after === undefined || before === undefined
        ? undefined
        : renderNumber(((after - before) * 1024) / count);
    const both = `${renderNumber(count)} WebSockets and ${renderNumber(count)} followers that wait`;
    return {
      title: "Clients that wait",
      note: `Resident memory of a gateway started for this, in MB, five seconds after ${renderNumber(count)} WebSockets were opened on which nothing is asked, and again after ${renderNumber(count)} GET /v1/responses/{id}?stream=true were opened beside them, on ${running} background responses whose model is silent. In brackets KB for each.`,
      columns: ["target", "idle", "with WebSockets", "and followers", "peak", "loop delay p99 ms"],
      rows: [
        [
          names.gateway,
          renderNumber(idle),
          withEach(sockets, each(sockets, idle)),
          withEach(tails, each(tails, sockets)),
          renderNumber(peak),
          renderNumber(loopDelay),
        ],
      ],
      goals: [atMost(both, 250, tails, "MB")],
      raw: { count, idle, sockets, tails, peak, loopDelay },
    };
  } finally {
    for (const clients of held) clients.close();
    await gateway.stop();
  }
}

function withEach(total: number | undefined, each: string | undefined): string | undefined {
  const shown = renderNumber(total);
  return shown === undefined || each === undefined ? shown : `${shown} (${each})`;
}
