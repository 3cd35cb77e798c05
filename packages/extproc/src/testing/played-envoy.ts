import { create, type DescMessage, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Client, type ClientDuplexStream, credentials, type StatusObject } from "@grpc/grpc-js";
import { ProcessingMode_BodySendMode as BodyMode } from "../gen/envoy/extensions/filters/http/ext_proc/v3/processing_mode_pb.ts";
import {
  type ImmediateResponse,
  ProcessingRequestSchema,
  type ProcessingResponse,
  ProcessingResponseSchema,
} from "../gen/envoy/service/ext_proc/v3/external_processor_pb.ts";

/** Makes a serialiser of grpc-js for a generated message. */
export function serializer<Desc extends DescMessage>(schema: Desc) {
  return (message: MessageInitShape<Desc>): Buffer => Buffer.from(toBinary(schema, create(schema, message)));
}

/** Makes a deserialiser of grpc-js for a generated message. */
export function deserializer<Desc extends DescMessage>(schema: Desc) {
  return (bytes: Buffer) => fromBinary(schema, bytes);
}

type RequestInit = MessageInitShape<typeof ProcessingRequestSchema>;

/** A message as bytes, for a peer that is no gRPC client. */
export function encodeRequest(message: RequestInit): Uint8Array {
  return toBinary(ProcessingRequestSchema, create(ProcessingRequestSchema, message));
}

/** A message that opens an exchange. Pseudo headers have defaults; `headers` may replace them. */
export function requestHeaders(
  headers: Record<string, string | Uint8Array>,
  { endOfStream = false, mode }: { endOfStream?: boolean; mode?: BodyMode } = {},
): RequestInit {
  const all = {
    ":method": "POST",
    ":scheme": "http",
    ":authority": "gateway.test",
    ":path": "/",
    ...headers,
  };
  return {
    request: {
      case: "requestHeaders",
      value: { headers: { headers: Object.entries(all).map(toHeader) }, endOfStream },
    },
    ...(mode !== undefined && { protocolConfig: { requestBodyMode: mode } }),
  };
}

/** A piece of a request's body. */
export function requestBody(body: string | Uint8Array, endOfStream: boolean): RequestInit {
  const value = { body: typeof body === "string" ? Buffer.from(body) : body, endOfStream };
  return { request: { case: "requestBody", value } };
}

/** The trailers of a request. */
export function requestTrailers(trailers: Record<string, string> = { "x-checksum": "1" }): RequestInit {
  return {
    request: {
      case: "requestTrailers",
      value: { trailers: { headers: Object.entries(trailers).map(toHeader) } },
    },
  };
}

function toHeader([key, value]: [string, string | Uint8Array]) {
  return { key, rawValue: typeof value === "string" ? Buffer.from(value, "latin1") : value };
}

/** One connection, as one worker of Envoy keeps it. */
export class PlayedEnvoy {
  readonly client: Client;

  constructor(port: number) {
    this.client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
    });
  }

  /** Opens the stream of an exchange. `timeoutMs` is sent along as the deadline. */
  open(...messages: RequestInit[]): PlayedExchange {
    return this.openWith({}, ...messages);
  }

  openWith(options: { timeoutMs?: number }, ...messages: RequestInit[]): PlayedExchange {
    const exchange = new PlayedExchange(
      this.client.makeBidiStreamRequest(
        "/envoy.service.ext_proc.v3.ExternalProcessor/Process",
        serializer(ProcessingRequestSchema),
        deserializer(ProcessingResponseSchema),
        options.timeoutMs === undefined ? {} : { deadline: Date.now() + options.timeoutMs },
      ),
    );
    for (const message of messages) exchange.send(message);
    return exchange;
  }

  [Symbol.dispose](): void {
    this.client.close();
  }
}

/** One exchange, from Envoy's side. */
export class PlayedExchange {
  readonly #call: ClientDuplexStream<RequestInit, ProcessingResponse>;
  readonly #responses: AsyncIterator<ProcessingResponse>;
  /** How the stream ended. */
  readonly status: Promise<StatusObject>;

  constructor(call: ClientDuplexStream<RequestInit, ProcessingResponse>) {
    this.#call = call;
    this.status = new Promise((resolve) => call.once("status", resolve));
    call.on("error", () => {});
    this.#responses = call.iterator({ destroyOnReturn: false });
  }

  send(message: RequestInit): void {
    this.#call.write(message);
  }

  /** Resets the stream, as Envoy does when its client leaves, or when it has its answer. */
  cancel(): void {
    this.#call.cancel();
  }

  /** Half-closes the stream. */
  end(): void {
    this.#call.end();
  }

  /** The next message; undefined when the stream has ended, well or not. */
  async next(): Promise<ProcessingResponse | undefined> {
    try {
      const { done, value } = await this.#responses.next();
      return done ? undefined : value;
    } catch {
      return undefined;
    }
  }

  /** All messages from now on. */
  async rest(): Promise<ProcessingResponse[]> {
    const all: ProcessingResponse[] = [];
    for (let message = await this.next(); message !== undefined; message = await this.next())
      all.push(message);
    return all;
  }

  /** The next message, which must be the whole answer. */
  async immediate(): Promise<WholeAnswer> {
    const message = await this.next();
    if (message?.response.case !== "immediateResponse") {
      throw new Error(
        `Expected an ImmediateResponse, got ${message?.response.case ?? "the end of the stream"}.`,
      );
    }
    return new WholeAnswer(message.response.value);
  }

  /** The next message, which must be a piece of a streamed answer: as one line of text each. */
  async piece(): Promise<Piece | undefined> {
    const message = await this.next();
    if (message === undefined) return undefined;
    if (message.response.case !== "streamedImmediateResponse") {
      throw new Error(`Expected a StreamedImmediateResponse, got ${message.response.case}.`);
    }
    const { response } = message.response.value;
    if (response.case === "headersResponse") {
      const headers: Record<string, string> = {};
      for (const { key, rawValue } of response.value.headers?.headers ?? []) {
        headers[key] = Buffer.from(rawValue).toString("latin1");
      }
      return { headers, end: response.value.endOfStream };
    }
    if (response.case !== "bodyResponse") throw new Error(`Unexpected ${response.case}.`);
    return { body: Buffer.from(response.value.body).toString(), end: response.value.endOfStream };
  }

  /** All pieces until the stream ends. */
  async pieces(): Promise<Piece[]> {
    const all: Piece[] = [];
    for (let piece = await this.piece(); piece !== undefined; piece = await this.piece()) all.push(piece);
    return all;
  }
}

/** A piece of a streamed answer. */
export type Piece = { headers: Record<string, string>; end: boolean } | { body: string; end: boolean };

/** An ImmediateResponse, readable. */
export class WholeAnswer {
  readonly status: number | undefined;
  readonly headers: [name: string, value: string][];
  readonly body: string;
  readonly message: ImmediateResponse;

  constructor(message: ImmediateResponse) {
    this.message = message;
    this.status = message.status?.code;
    this.body = Buffer.from(message.body).toString();
    this.headers = (message.headers?.setHeaders ?? []).map(({ header }) => [
      header?.key ?? "",
      Buffer.from(header?.rawValue ?? []).toString("latin1"),
    ]);
  }

  header(name: string): string | undefined {
    return this.headers.find(([key]) => key === name)?.[1];
  }

  json(): unknown {
    return JSON.parse(this.body);
  }
}

export { BodyMode };
