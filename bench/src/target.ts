import type { LoadJob } from "./run-load.ts";
import { parseModelName } from "./scripted-answers.ts";

/** Something that is measured: an address, what it speaks, and the processes that work for it. */
export interface Target {
  /** Its name in the tables. */
  name: string;
  /** "http://host:port". */
  origin: string;
  api: "chat" | "responses";
  /** The process whose CPU time counts as the target's; undefined for the backend itself. */
  pid: number;
  /** Envoy's process where the target is reached through it. */
  envoyPid?: number;
  /** Fields laid over every request body. */
  fields?: object;
}

/** What a job asks for. */
export interface Ask {
  /** The name of a scripted model, see `modelName`. */
  model: string;
  stream: boolean;
  clients: number;
  requests?: number;
  seconds?: number;
}

const prompt = "Say in a few plain sentences what a gateway between clients and model servers is good for.";

/** Writes the job that asks a target for something, in the words of the target's API. */
export function toLoadJob(target: Target, ask: Ask): LoadJob {
  const { model, stream, clients, requests, seconds } = ask;
  const count = parseModelName(model)?.tokens ?? 0;
  const limits = {
    clients,
    ...(requests === undefined ? {} : { requests }),
    ...(seconds === undefined ? {} : { seconds }),
  };
  const { origin } = target;
  if (target.api === "chat") {
    const messages = [{ role: "user", content: prompt }];
    const body = JSON.stringify({ model, messages, stream, ...target.fields });
    const token = { marker: '"delta":{"content":', count };
    return stream
      ? { origin, path: "/v1/chat/completions", body, ...limits, ending: "data: [DONE]", token }
      : { origin, path: "/v1/chat/completions", body, ...limits, ending: '"finish_reason":"stop"' };
  }
  const body = JSON.stringify({ model, input: prompt, stream, ...target.fields });
  // The closing quote keeps the `event:` lines out: each type is counted once, in its JSON.
  const token = { marker: 'response.output_text.delta"', count };
  return stream
    ? { origin, path: "/v1/responses", body, ...limits, ending: 'response.completed"', token }
    : { origin, path: "/v1/responses", body, ...limits, ending: '"type":"output_text"' };
}
