import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { announce } from "./announce.ts";
import { openPacer, type Pacer } from "./pacer.ts";
import {
  asksForSearch,
  mcpToolsToCall,
  modelName,
  parseModelName,
  type RenderedAnswer,
  renderAnswer,
  renderMcpCalls,
  renderSearchCall,
} from "./scripted-answers.ts";

/**
 * The backend of the bench, in a process of its own: it answers chat completions from bytes made in advance,
 * as its model's name says; a model that is offered a file search, or tools of the
 * MCP servers of the bench, calls them first. It costs as little as a Node server can, so that what is measured is the gateway.
 */

const answers = new Map<string, RenderedAnswer>();
const pacers = new Map<number, Pacer>();

function answer(body: string, response: ServerResponse): void {
  const script = parseModelName(body);
  if (script === undefined) {
    response.writeHead(404, { "content-type": "application/json" });
    response.end('{"error":{"message":"The model is none of the bench.","type":"invalid_request_error"}}');
    return;
  }
  const name = modelName(script);
  const tools = mcpToolsToCall(body);
  const rendered = asksForSearch(body)
    ? renderSearchCall(name)
    : tools.length > 0
      ? renderMcpCalls(name, tools)
      : answerFor(name, script.tokens);
  if (!body.includes('"stream":true')) {
    response.writeHead(200, { "content-type": "application/json", "content-length": rendered.json.length });
    response.end(rendered.json);
    return;
  }
  const { opening, tokens, finish, usage, done } = rendered;
  const ending = body.includes('"include_usage":true') ? [finish, usage, done] : [finish, done];
  response.writeHead(200, { "content-type": "text/event-stream" });
  if (script.everyMs === 0) {
    // Few writes: what a fast backend sends ends up in few reads.
    response.write(opening);
    response.write(Buffer.concat(tokens));
    response.end(Buffer.concat(ending));
    return;
  }
  response.write(opening);
  let next = 0;
  pacer(script.everyMs).add({
    tick() {
      if (response.destroyed) return true;
      const token = tokens[next++];
      if (token !== undefined) response.write(token);
      if (next < tokens.length) return false;
      response.end(Buffer.concat(ending));
      return true;
    },
  });
}

function pacer(everyMs: number): Pacer {
  const found = pacers.get(everyMs) ?? openPacer(everyMs);
  pacers.set(everyMs, found);
  return found;
}

function answerFor(model: string, tokens: number): RenderedAnswer {
  const found = answers.get(model) ?? renderAnswer(model, tokens);
  answers.set(model, found);
  return found;
}

const models = JSON.stringify({
  object: "list",
  data: [{ id: "bench-20-0", object: "model", created: 0, owned_by: "bench" }],
});

const server = createServer({ keepAliveTimeout: 60_000 }, (request: IncomingMessage, response) => {
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (text: string) => {
    body += text;
  });
  request.on("end", () => {
    if (request.method === "POST") return answer(body, response);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(models);
  });
});
announce(server);
