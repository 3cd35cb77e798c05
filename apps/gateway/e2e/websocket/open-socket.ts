import { waitFor } from "@gateway/testkit";
import { type ClientOptions, WebSocket } from "ws";

/** A message of the server's; tests look into many shapes. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export type Message = any;

/** A bare WebSocket client that keeps all it was sent, as it came. */
export interface SocketClient extends AsyncDisposable {
  readonly socket: WebSocket;
  /** All messages so far. */
  readonly messages: readonly Message[];
  /** The same as the text on the wire. */
  readonly texts: readonly string[];
  /** Sends an object as JSON; text and bytes as they are. */
  send(message: object | string | Buffer): void;
  /** Sends `response.create`, with what every request needs. */
  create(fields?: object): void;
  /** Waits for the n-th message that fits (1 is the first). */
  nth(n: number, fits: (message: Message) => boolean): Promise<Message>;
  /** Waits for the first message of a type. */
  first(type: string): Promise<Message>;
  /**
   * Sends `response.create` and waits for the end of its turn in its lane: gives all messages of the lane since, the last
   * of which is an event that ends a response, or an error.
   */
  turn(fields?: object): Promise<Message[]>;
  /** Settles with the closing code when the connection is closed. */
  readonly closed: Promise<number>;
}

/** Whether a message is the last of its turn. */
export function endsTurn({ type }: Message): boolean {
  return ["response.completed", "response.incomplete", "response.failed", "error"].includes(type);
}

/** Opens `GET /v1/responses` as a WebSocket. Rejects with "status N" where the server answers over HTTP. */
export async function openSocket(url: string, options: ClientOptions = {}): Promise<SocketClient> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/responses`, options);
  const messages: Message[] = [];
  const texts: string[] = [];
  const closed = Promise.withResolvers<number>();
  socket.on("message", (data) => {
    texts.push(String(data));
    messages.push(JSON.parse(String(data)));
  });
  socket.on("close", (code) => closed.resolve(code));
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
    socket.once("unexpected-response", (_request, response) => {
      response.resume();
      reject(new Error(`status ${response.statusCode}`));
    });
  });
  socket.on("error", () => {});
  const send = (message: object | string | Buffer): void =>
    socket.send(typeof message === "string" || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  const create = (fields: object = {}): void =>
    send({ type: "response.create", model: "scripted", input: "hi", ...fields });
  const nth = (n: number, fits: (message: Message) => boolean): Promise<Message> =>
    waitFor(() => messages.filter(fits)[n - 1], {
      what: `message ${n} that fits`,
      everyMs: 2,
    });
  return {
    socket,
    messages,
    texts,
    send,
    create,
    nth,
    first: (type) => nth(1, (message) => message.type === type),
    async turn(fields: { stream_id?: string } = {}) {
      const from = messages.length;
      const ofLane = ({ stream_id: lane }: Message): boolean => lane === fields.stream_id;
      create(fields);
      await waitFor(() => messages.slice(from).some((message) => ofLane(message) && endsTurn(message)), {
        what: "the end of the turn",
        everyMs: 2,
      });
      const lane = messages.slice(from).filter(ofLane);
      return lane.slice(0, lane.findIndex(endsTurn) + 1);
    },
    closed: closed.promise,
    async [Symbol.asyncDispose]() {
      socket.terminate();
      await closed.promise;
    },
  };
}
