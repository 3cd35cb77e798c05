import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { mcpAnswer } from "./mcp/mcp-answer.ts";

/**
 * The MCP servers of the bench, COUNT of them, in one process: each has one tool, and answers from bytes made in
 * advance, without sessions. It costs as little as a Node server can, so that what is measured is the gateway.
 */
const ports: number[] = [];
for (let number = 0; number < Number(process.env.COUNT ?? 1); number++) {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) =>
    answer(request, response, number),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ports.push((server.address() as AddressInfo).port);
}
process.stdout.write(`${JSON.stringify({ port: ports[0], ports })}\n`);
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));

function answer(request: IncomingMessage, response: ServerResponse, number: number): void {
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (text: string) => {
    body += text;
  });
  request.on("end", () => {
    const json = request.method === "POST" ? mcpAnswer(body, number) : undefined;
    if (json === undefined) {
      response.writeHead(request.method === "POST" ? 202 : 405).end();
      return;
    }
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(json),
    });
    response.end(json);
  });
}
