import { Agent, createServer, request as send } from "node:http";
import { text } from "node:stream/consumers";
import { announce } from "./announce.ts";

/**
 * The reference beside the gateway: the least that turns POST /v1/responses into a chat completion and back.
 * It checks nothing, stores nothing and leaves out most events. BACKEND_URL names the backend ("http://host:port").
 */
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const backend = new URL("/v1/chat/completions", process.env.BACKEND_URL);
const options = { method: "POST", agent, headers: { "content-type": "application/json" } };

const server = createServer({ keepAliveTimeout: 60_000 }, async (incoming, response) => {
  const { model, input, stream } = JSON.parse(await text(incoming));
  const envelope = { id: `resp_${Math.random()}`, object: "response", model };
  const upstream = send(backend, options, async (answer) => {
    if (!stream) {
      const { choices, usage } = JSON.parse(await text(answer));
      const content = [{ type: "output_text", text: choices[0].message.content }];
      response.writeHead(200, { "content-type": "application/json" });
      const output = [{ type: "message", role: "assistant", content }];
      return response.end(JSON.stringify({ ...envelope, status: "completed", output, usage }));
    }
    const event = (type: string, fields: object) =>
      response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
    response.writeHead(200, { "content-type": "text/event-stream" });
    event("response.created", { response: { ...envelope, status: "in_progress" } });
    let rest = "";
    for await (const bytes of answer.setEncoding("utf8")) {
      const lines = (rest + bytes).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (!line.startsWith("data: {")) continue;
        const delta = JSON.parse(line.slice(6)).choices[0]?.delta.content;
        if (delta) event("response.output_text.delta", { delta });
      }
    }
    event("response.completed", { response: { ...envelope, status: "completed" } });
    response.end();
  });
  const messages = [{ role: "user", content: input }];
  upstream.end(
    JSON.stringify({ model, messages, stream, stream_options: stream && { include_usage: true } }),
  );
});
announce(server);
