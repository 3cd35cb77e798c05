import type { McpServer } from "@gateway/engine";
import {
  Client,
  type ConnectOptions,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  SseError,
  StreamableHTTPClientTransport,
  type Transport,
} from "@modelcontextprotocol/client";
import { isUnreadable, maxPages, statusOf } from "./faults.ts";
import { AttentiveHttpTransport, type Fetch, openHttpTransport, openSseTransport } from "./transports.ts";

/** A server that has greeted back. */
export interface Connection {
  client: Client;
  /** Says goodbye, as far as the server wants to hear it, and closes. Never rejects. */
  close(): Promise<void>;
}

/** What a connection is opened with. */
export interface ConnectRequest {
  server: McpServer;
  fetch: Fetch;
  /** Milliseconds until the server must have greeted back. */
  timeout: number;
  /** Is told when the server's tools have changed. */
  onToolsChanged(): void;
  /** Is told when the connection is over, from whichever side. */
  onClosed(): void;
}

/**
 * Connects to a server: by Streamable HTTP, in the newest version of the protocol that both sides speak, else as a server
 * of 2024 is spoken to (HTTP+SSE). Rejects with what went wrong first, where that says more.
 */
export async function connect(request: ConnectRequest): Promise<Connection> {
  try {
    return await viaHttp(request);
  } catch (first) {
    if (!isOfOldServer(first)) throw first;
    return await viaSse(request).catch((second: unknown) => {
      throw isRefusal(second) ? second : first;
    });
  }
}

async function viaHttp(request: ConnectRequest): Promise<Connection> {
  try {
    return await greet(request, openHttpTransport(request.server, request.fetch), {});
  } catch (thrown) {
    // Some servers break on a question that they do not know, and answer the old greeting all the same.
    if (!(thrown instanceof SdkHttpError) || thrown.code !== SdkErrorCode.EraNegotiationFailed) throw thrown;
    return greet(request, openHttpTransport(request.server, request.fetch), { prior: { kind: "legacy" } });
  }
}

function viaSse(request: ConnectRequest): Promise<Connection> {
  return greet(request, openSseTransport(request.server, request.fetch), { prior: { kind: "legacy" } });
}

async function greet(
  { timeout, onToolsChanged, onClosed }: ConnectRequest,
  transport: Transport,
  options: Pick<ConnectOptions, "prior">,
): Promise<Connection> {
  const client = new Client(
    { name: "responses-gateway", version: "1.0.0" },
    {
      versionNegotiation: { mode: "auto" },
      // What a server wants to ask a person, nobody here could answer.
      inputRequired: { autoFulfill: false },
      listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: onToolsChanged } },
      listMaxPages: maxPages,
      // The schemas are the servers': they are shown to the model, not compiled here.
      jsonSchemaValidator: {
        getValidator: () => (input: unknown) =>
          ({ valid: true, data: input, errorMessage: undefined }) as never,
      },
    },
  );
  client.onerror = (error) => {
    // A stream of the old kind that breaks comes back as another session, which knows nothing of this one.
    if (error instanceof SseError) void client.close().catch(() => {});
    else if (transport instanceof AttentiveHttpTransport && isUnreadable(error)) transport.noteUnreadable();
  };
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new SdkError(SdkErrorCode.RequestTimeout, "The server does not greet back.")),
    timeout,
  );
  try {
    await Promise.race([client.connect(transport as never, { timeout, ...options } as never), late.promise]);
  } catch (thrown) {
    await closeQuietly(client, transport);
    throw thrown;
  } finally {
    clearTimeout(timer);
  }
  client.onclose = onClosed;
  return { client, close: () => sayGoodbye(client, transport) };
}

/** Milliseconds for a goodbye. */
const goodbye = 1000;

async function sayGoodbye(client: Client, transport: Transport): Promise<void> {
  if (transport instanceof StreamableHTTPClientTransport) {
    const over = Promise.withResolvers<void>();
    const timer = setTimeout(over.resolve, goodbye);
    await Promise.race([transport.terminateSession().catch(() => {}), over.promise]);
    clearTimeout(timer);
  }
  await closeQuietly(client, transport);
}

async function closeQuietly(client: Client, transport: Transport): Promise<void> {
  await client.close().catch(() => {});
  // Where the greeting was cut short the client does not have it yet.
  await transport.close().catch(() => {});
}

/** Statuses that say that the server is there and wants to be spoken to in another way (or not by this caller). */
const refusals: ReadonlySet<number> = new Set([401, 403, 407, 429]);

function isRefusal(thrown: unknown): boolean {
  return refusals.has(statusOf(thrown) ?? 0);
}

function isOfOldServer(thrown: unknown): boolean {
  const status = statusOf(thrown) ?? 0;
  return status >= 400 && status < 500 && !refusals.has(status);
}
