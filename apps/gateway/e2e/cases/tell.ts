import type { ResponseEvent, ResponseObject } from "@gateway/protocol";
import { readSse, type SseEvent } from "@gateway/testkit";
import { post } from "../post.ts";
import { checkFrames } from "../read-stream.ts";
import { endsTurn, type Message, openSocket, type SocketClient } from "../websocket/open-socket.ts";
import type { Fields } from "./case.ts";
import type { Way } from "./ways.ts";

/** What a client was told of its request. It has a response or an error, never both. */
export interface Told {
  response?: ResponseObject;
  error?: { status: number; type: string; code: string | null; param: string | null; message: string };
  /** Of HTTP; on a WebSocket those that an error names. */
  headers: Record<string, string>;
  /** Where it was streamed: the events, and their JSON as it was on the wire. */
  events?: ResponseEvent[];
  texts?: string[];
  /** Where it was streamed: what the official client's accumulator has made of it. */
  accumulated?: ResponseObject;
}

/** Sends requests through one way. */
export interface Teller extends AsyncDisposable {
  /** Sends a request and reads the answer to its end. Streams are held to the grammar and to the official client. */
  tell(request: Fields | string): Promise<Told>;
}

/** Opens a way to the gateway whose door is at `url`. */
export async function openTeller({ form }: Way, url: string): Promise<Teller> {
  if (form !== "socket")
    return {
      tell: (request) => tellOverHttp(request, form === "sse", url),
      async [Symbol.asyncDispose]() {},
    };
  const client = await openSocket(url);
  return {
    tell: (request) => tellOnSocket(request, client),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

async function tellOverHttp(request: Fields | string, stream: boolean, url: string): Promise<Told> {
  const answer = await post(url, typeof request === "string" ? request : { ...request, stream });
  const headers = Object.fromEntries(answer.headers);
  if (!answer.ok) {
    const { error } = (await answer.json()) as { error: Omit<NonNullable<Told["error"]>, "status"> };
    return { error: { status: answer.status, ...error }, headers };
  }
  if (!stream) return { response: (await answer.json()) as ResponseObject, headers };
  const frames: SseEvent[] = [];
  for await (const frame of readSse(answer)) frames.push(frame);
  return { ...(await check(frames)), headers };
}

async function tellOnSocket(request: Fields | string, client: SocketClient): Promise<Told> {
  const from = client.messages.length;
  client.send(typeof request === "string" ? request : { type: "response.create", ...request });
  const ended = () => client.messages.slice(from).findIndex(endsTurn) + 1;
  await client.nth(client.messages.slice(0, from).filter(endsTurn).length + 1, endsTurn);
  const messages: Message[] = client.messages.slice(from, from + ended());
  const last = messages.at(-1);
  if (last.type === "error") {
    const { headers = {}, ...error } = last.error;
    return { error: { status: last.status, ...error }, headers };
  }
  const frames = client.texts.slice(from, from + ended()).map((data, index) => {
    const { type } = messages[index];
    return { event: type, data, id: undefined, raw: `event: ${type}\ndata: ${data}\n\n` };
  });
  const end = { event: undefined, data: "[DONE]", id: undefined, raw: "data: [DONE]\n\n" };
  return { ...(await check([...frames, end])), headers: {} };
}

async function check(frames: SseEvent[]): Promise<Omit<Told, "headers">> {
  const { events, final, accumulated } = await checkFrames(frames);
  const texts = frames.slice(0, -1).map(({ data }) => data);
  return { response: final, events, accumulated, texts };
}
