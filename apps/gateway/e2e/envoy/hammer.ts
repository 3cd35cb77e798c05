import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { ask } from "./behind-envoy.ts";

/** How often each outcome was seen: "200", "200 [DONE]" for a whole stream, "503 CODE" for an error, "ECONNRESET" … */
export type Outcomes = Record<string, number>;

/**
 * Posts to /v1/responses from many clients at once, each on a connection of its own that it keeps, until `next` gives
 * no further body. Never rejects for a failed request: that is an outcome.
 */
export async function hammer(
  url: string,
  clients: number,
  next: () => string | object | undefined,
): Promise<Outcomes> {
  const agent = new Agent({ keepAlive: true });
  const outcomes: Outcomes = {};
  const client = async (): Promise<void> => {
    for (let body = next(); body !== undefined; body = next()) {
      const outcome = await send(url, agent, typeof body === "string" ? body : JSON.stringify(body)).catch(
        ({ code, message }: NodeJS.ErrnoException) => code ?? message,
      );
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: clients }, client));
  } finally {
    agent.destroy();
  }
  return outcomes;
}

/** Bodies for `hammer`, and what is to become of them. */
export interface Mix {
  next(): string | object | undefined;
  readonly expected: Outcomes;
}

/**
 * `count` bodies, a multiple of ten: one in ten gets a whole answer and one a stream; the rest are refused, four as
 * malformed and four as invalid, which is quick.
 */
export function mixOfAnswers(count: number): Mix {
  const answered = [ask, { ...ask, stream: true }];
  const refused = Array.from({ length: 4 }, () => ["{", { input: "no model" }]).flat();
  const bodies = [...answered, ...refused];
  const tenth = count / bodies.length;
  let given = 0;
  return {
    next: () => (given < count ? bodies[given++ % bodies.length] : undefined),
    expected: {
      "200": tenth,
      "200 [DONE]": tenth,
      "400 null": 4 * tenth,
      "422 missing_required_parameter": 4 * tenth,
    },
  };
}

async function send(url: string, agent: Agent, body: string): Promise<string> {
  const sent = request(`${url}/v1/responses`, {
    agent,
    method: "POST",
    headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
  });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const answer = await text(response);
  const { statusCode = 0, headers } = response;
  if (headers["content-type"]?.startsWith("text/event-stream")) {
    return `${statusCode} ${answer.endsWith("data: [DONE]\n\n") ? "[DONE]" : "cut short"}`;
  }
  const { error } = JSON.parse(answer) as { error: { code: string | null } | null };
  return error === null ? `${statusCode}` : `${statusCode} ${error.code}`;
}
