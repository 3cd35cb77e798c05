import { once } from "node:events";
import { createServer, request as sendRequest } from "node:http";
import type { AddressInfo } from "node:net";

/** A model server that answers under its model's name only. */
export interface ChoosyModelServer {
  /** Base address of its OpenAI-compatible API; ends in "/v1". */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Puts Ollama's manners before another model server: a chat for any other model is a 404, in Ollama's words.
 * llama-server answers under whatever name it is called. All else passes through byte by byte.
 *
 * @param upstream base address of the server behind it, ending in "/v1"
 * @param model the one name that it answers to
 */
export async function startChoosyModelServer(upstream: string, model: string): Promise<ChoosyModelServer> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const asked = body.length === 0 ? model : (JSON.parse(body.toString()) as { model?: string }).model;
    if (asked !== model) {
      const error = {
        message: `model '${asked}' not found`,
        type: "not_found_error",
        param: null,
        code: null,
      };
      response.writeHead(404, { "content-type": "application/json" }).end(JSON.stringify({ error }));
      return;
    }
    const { method, url = "/", headers } = request;
    const onward = sendRequest(new URL(url, upstream), {
      method,
      headers: { ...headers, host: new URL(upstream).host },
    });
    onward.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", (error) => response.destroy(error));
    response.on("close", () => onward.destroy());
    onward.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
