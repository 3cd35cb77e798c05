import { type LlamaServer, startLlamaServer } from "@gateway/testkit";
import OpenAI from "openai";
import { type DoorName, type Doors, startDoors } from "../doors.ts";

/** A gateway on a real llama-server with the parrot model, reached through every door. */
export interface ParrotDoors extends AsyncDisposable {
  llama: LlamaServer;
  doors: Doors;
  /** The official client, at a door. It does not try again by itself. */
  client(door: DoorName): OpenAI;
  /** The official client at the llama-server itself, to compare with. */
  direct: OpenAI;
}

/** What the parrot needs to say the same thing every time. */
export const parrot = { model: "parrot", temperature: 0 };

/** Names of functions the parrot was trained on, with their one parameter. */
const parameters = {
  get_weather: { city: { type: "string" } },
  search: { query: { type: "string" } },
  open_door: { color: { type: "string" } },
  send_mail: { size: { type: "integer" } },
};

/** Declares functions for a request, in the order given. */
export function functions(...names: (keyof typeof parameters)[]): OpenAI.Responses.FunctionTool[] {
  return names.map((name) => ({
    type: "function",
    name,
    strict: false,
    parameters: { type: "object", properties: parameters[name], required: Object.keys(parameters[name]) },
  }));
}

/** Starts a llama-server and a gateway on it. With `key` the server asks for it and the gateway sends it. */
export async function startParrotDoors({ key }: { key?: string } = {}): Promise<ParrotDoors> {
  await using parts = new AsyncDisposableStack();
  const llama = parts.use(await startLlamaServer(key === undefined ? {} : { apiKey: key }));
  const doors = parts.use(
    await startDoors({
      backends: { parrot: { url: llama.url, ...(key !== undefined && { key }) } },
      // A model on a busy machine takes its time; no test here is about limits of time.
      timeout: { connect: "10s", first_byte: "60s", idle: "60s" },
    }),
  );
  const all = parts.move();
  return {
    llama,
    doors,
    client: (door) => new OpenAI({ baseURL: `${doors.url(door)}/v1`, apiKey: "none", maxRetries: 0 }),
    direct: new OpenAI({ baseURL: llama.url, apiKey: key ?? "none", maxRetries: 0 }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}
