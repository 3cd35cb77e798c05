import { stdout } from "node:process";
import { Agent, OpenAIConversationsSession, OpenAIProvider, Runner, tool } from "@openai/agents";
import * as z from "zod";

const { GATEWAY_URL = "http://127.0.0.1:8080", GATEWAY_KEY = "unused", MODEL = "demo" } = process.env;
const gateway = { baseURL: `${GATEWAY_URL}/v1`, apiKey: GATEWAY_KEY };
const questions =
  process.argv.length > 2 ? process.argv.slice(2) : ["What is the weather in Paris?", "Thank you!"];

const agent = new Agent({
  name: "Forecaster",
  instructions: "You are a friendly forecaster. Look at the weather before you speak of it.",
  model: MODEL,
  tools: [
    tool({
      name: "get_weather",
      description: "Tells the weather in a city.",
      parameters: z.object({ city: z.string() }),
      execute: async ({ city }) => `Light rain in ${city}, 12 degrees.`,
    }),
  ],
});

// Traces would go to OpenAI.
const runner = new Runner({ modelProvider: new OpenAIProvider(gateway), tracingDisabled: true });
// What was said is kept by the gateway, in a conversation.
const session = new OpenAIConversationsSession(gateway);

for (const question of questions) {
  stdout.write(`> ${question}\n`);
  const result = await runner.run(agent, question, { session, stream: true });
  for await (const event of result) {
    if (event.type === "run_item_stream_event" && event.name === "tool_called") {
      const call = event.item.rawItem as { name: string; arguments: string };
      stdout.write(`(${call.name} ${call.arguments})\n`);
    } else if (event.type === "raw_model_stream_event" && event.data.type === "output_text_delta") {
      stdout.write(event.data.delta);
    }
  }
  stdout.write("\n");
}

const items = await session.getItems();
stdout.write(`${await session.getSessionId()} holds ${items.length} items.\n`);
await session.clearSession();
