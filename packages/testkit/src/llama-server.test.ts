import OpenAI from "openai";
import { expect, test } from "vitest";
import { cleanEnv } from "./clean-env.ts";
import { describeWith } from "./describe-with.ts";
import { startLlamaServer } from "./llama-server.ts";
import { startChild } from "./running-child.ts";
import { waitFor } from "./wait-for.ts";

const getWeather: OpenAI.ChatCompletionTool = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Tells the weather of a city.",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

describeWith("llama-server", "a real llama-server with the parrot model", () => {
  test("answers, calls a tool, uses its result and remembers the history", async () => {
    await using server = await startLlamaServer();
    const client = new OpenAI({ baseURL: server.url, apiKey: "none", maxRetries: 0 });
    const ask = async (
      messages: OpenAI.ChatCompletionMessageParam[],
      tools?: OpenAI.ChatCompletionTool[],
    ) => {
      const { choices } = await client.chat.completions.create({
        model: server.model,
        temperature: 0,
        messages,
        ...(tools === undefined ? {} : { tools }),
      });
      return choices[0]?.message;
    };

    expect((await ask([{ role: "user", content: "hello" }]))?.content).toBe("Hello! How can I help you?");

    const question: OpenAI.ChatCompletionMessageParam = {
      role: "user",
      content: "What is the weather in Paris?",
    };
    const calling = await ask([question], [getWeather]);
    const call = calling?.tool_calls?.[0];
    expect(call).toMatchObject({ function: { name: "get_weather", arguments: '{"city": "Paris"}' } });
    const result: OpenAI.ChatCompletionMessageParam = {
      role: "tool",
      tool_call_id: call?.id ?? "",
      content: "sunny",
    };
    const answer = await ask(
      [question, { role: "assistant", tool_calls: calling?.tool_calls ?? [] }, result],
      [getWeather],
    );
    expect(answer?.content).toBe("Result: sunny");

    const memory = await ask([
      { role: "user", content: "My name is Ada." },
      { role: "assistant", content: "Nice to meet you, Ada." },
      { role: "user", content: "What is my name?" },
    ]);
    expect(memory?.content).toBe("Your name is Ada.");
  });

  test("streams token by token", async () => {
    await using server = await startLlamaServer();
    const client = new OpenAI({ baseURL: server.url, apiKey: "none", maxRetries: 0 });
    const stream = await client.chat.completions.create({
      model: server.model,
      temperature: 0,
      stream: true,
      messages: [{ role: "user", content: "say apple river" }],
    });
    const pieces: string[] = [];
    for await (const { choices } of stream) {
      const content = choices[0]?.delta.content;
      if (content) pieces.push(content);
    }
    expect(pieces.join("")).toBe("apple river");
    expect(pieces.length).toBeGreaterThan(2);
  });

  test("asks for the key it was given", async () => {
    await using server = await startLlamaServer({ apiKey: "secret" });
    const models = (key: string) =>
      fetch(`${server.url}/props`.replace("/v1", ""), { headers: { authorization: `Bearer ${key}` } });
    expect((await models("wrong")).status).toBe(401);
    expect((await models("secret")).status).toBe(200);
  });

  test("serves embeddings: the same text gives the same vector, another text another", async () => {
    await using server = await startLlamaServer({ embedding: true, model: "parrot-embed" });
    expect(server.model).toBe("parrot-embed");
    const client = new OpenAI({ baseURL: server.url, apiKey: "none", maxRetries: 0 });
    const input = ["apple river", "apple river", "count to nine"];
    const { data } = await client.embeddings.create({ model: server.model, input, encoding_format: "float" });
    const [first, second, third] = data.map(({ embedding }) => embedding);
    expect(first?.length).toBe(128);
    expect(second).toEqual(first);
    expect(third).not.toEqual(first);
  });

  test("is gone after stop, and stopping again is no error", async () => {
    const server = await startLlamaServer();
    await server.stop();
    expect(() => process.kill(server.pid, 0)).toThrow("ESRCH");
    await server.stop();
  });

  test("ends by itself when the process that started it is gone", async () => {
    const script = `
      import { startLlamaServer } from ${JSON.stringify(new URL("./llama-server.ts", import.meta.url).href)};
      console.log((await startLlamaServer()).url);
      setInterval(() => {}, 1000);`;
    const args = ["--input-type=module", "-e", script];
    const owner = await startChild({ command: process.execPath, args, env: cleanEnv() });
    const url = await waitFor(() => owner.stdout().trim(), { what: "the address", timeoutMs: 20_000 });
    expect((await fetch(`${url}/models`)).status).toBe(200);
    owner.kill("SIGKILL");
    await owner.exited;
    await waitFor(async () => (await fetch(`${url}/models`).catch(() => "gone")) === "gone", {
      what: "the port to close",
    });
  });
});
