import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it came in. */
export interface EmbeddingRequest {
  path: string | undefined;
  authorization: string | undefined;
  body: { model: string; input: string[]; encoding_format: string };
}

/** What is answered: a body (text as it is, anything else as JSON) with status 200 unless another is given. */
export interface EmbeddingAnswer {
  status?: number;
  headers?: Record<string, string>;
  body: unknown;
}

/** A server for tests that answers as its script says and remembers what it was asked. */
export interface ScriptedEmbeddingServer extends AsyncDisposable {
  /** Base address, ending in `/v1`. */
  url: string;
  requests: EmbeddingRequest[];
}

/** An answer in OpenAI's form with a vector of `dimensions` numbers for each text, which begins with its length. */
export function lengthVectors(input: readonly string[], dimensions = 3): EmbeddingAnswer {
  const data = input.map((text, index) => ({
    object: "embedding",
    index,
    embedding: [text.length, ...Array.from({ length: dimensions - 1 }, (_, at) => at + 0.5)],
  }));
  return { body: { object: "list", model: "m", data, usage: { prompt_tokens: 1, total_tokens: 1 } } };
}

/**
 * Starts the server on a free port of the loopback address. The script is called with each request and its number,
 * beginning with 0; a script that never resolves leaves the request without answer.
 */
export async function startEmbeddingServer(
  script: (request: EmbeddingRequest, turn: number) => EmbeddingAnswer | Promise<EmbeddingAnswer>,
): Promise<ScriptedEmbeddingServer> {
  const requests: EmbeddingRequest[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { authorization } = incoming.headers;
    const body = JSON.parse(Buffer.concat(chunks).toString()) as EmbeddingRequest["body"];
    const request = { path: incoming.url, authorization, body };
    requests.push(request);
    const answer = await script(request, requests.length - 1);
    outgoing.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
    outgoing.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
