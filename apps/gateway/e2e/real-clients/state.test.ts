import { createOpenAI } from "@ai-sdk/openai";
import { reasoningThenText, text } from "@gateway/testkit";
import { Agent, OpenAIProvider, OpenAIResponsesCompactionSession, Runner } from "@openai/agents";
import { generateText } from "ai";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, doorNames, startDoors } from "../doors.ts";
import { openCodex } from "./codex.ts";

let doors: Doors;
beforeAll(async () => {
  doors = await startDoors();
  doors.backend.setModels(["scripted", "gpt-5-mini"]);
});
afterAll(() => doors?.[Symbol.asyncDispose]());

describe.for(doorNames)("clients that keep state, through %s", (door) => {
  test.for(["provider", "openai"] as const)(
    "Codex goes on after its context was compacted (%s)",
    async (as) => {
      const { backend } = doors;
      await using codex = await openCodex({ baseUrl: `${doors.url(door)}/v1`, as });
      const full = { usage: { prompt: 200_000, completion: 10 } };
      const limit = ["-c", "model_auto_compact_token_limit=1000"];
      backend.enqueue(...text("One.", full));
      const first = await codex.exec(...limit, "Say one.");
      expect(first.code, first.stderr).toBe(0);
      backend.enqueue(...text("They said one."));
      backend.enqueue(...text("Two."));
      const second = await codex.exec("resume", "--last", ...limit, "Say two.");
      expect(second.code, second.stderr).toBe(0);
      expect(second.message).toBe("Two.");
      expect(JSON.stringify(backend.requests.at(-1)?.body.messages)).toContain("They said one.");
    },
  );

  test("the Agents SDK compacts its session", async () => {
    const { backend } = doors;
    const client = new OpenAI({ baseURL: `${doors.url(door)}/v1`, apiKey: "x", maxRetries: 0 });
    const runner = new Runner({
      modelProvider: new OpenAIProvider({ openAIClient: client as never }),
      tracingDisabled: true,
    });
    const session = new OpenAIResponsesCompactionSession({ client: client as never, model: "gpt-5-mini" });
    const agent = new Agent({ name: "A", model: "scripted" });
    backend.enqueue(...text("Hello Ada."));
    await runner.run(agent, "My name is Ada.", { session });
    for (const compactionMode of ["input", "previous_response_id"] as const) {
      backend.setDefault(text("The user is Ada."));
      const result = await session.runCompaction({ force: true, compactionMode });
      expect(result?.usage).toBeDefined();
      backend.setDefault(text("Ada."));
      const run = await runner.run(agent, "What is my name?", { session });
      expect(run.finalOutput).toBe("Ada.");
      expect(JSON.stringify(backend.requests.at(-1)?.body.messages)).toContain("My name is Ada.");
    }
  });

  test("the Agents SDK over WebSockets", async () => {
    const { backend } = doors;
    const provider = new OpenAIProvider({
      baseURL: `${doors.url(door)}/v1`,
      apiKey: "x",
      useResponsesWebSocket: true,
    });
    const runner = new Runner({ modelProvider: provider, tracingDisabled: true });
    backend.setDefault(text("Hello."));
    const run = await runner.run(new Agent({ name: "A", model: "scripted" }), "Hi.", { stream: true });
    await run.completed;
    expect(run.finalOutput).toBe("Hello.");
    await provider.close();
  });

  test("thoughts come back with the AI SDK, sealed", async () => {
    const { backend } = doors;
    const model = createOpenAI({ baseURL: `${doors.url(door)}/v1`, apiKey: "x" }).responses("scripted");
    const providerOptions = { openai: { forceReasoning: true, reasoningSummary: "auto", store: false } };
    backend.setDefault(reasoningThenText("Hm, hm.", "Hello."));
    const first = await generateText({ model, prompt: "Hi", providerOptions });
    const second = await generateText({
      model,
      providerOptions,
      messages: [
        { role: "user", content: "Hi" },
        ...first.responseMessages,
        { role: "user", content: "Go on" },
      ],
    });
    expect(second.warnings).toEqual([]);
    expect(backend.requests.at(-1)?.body.messages?.[1]).toMatchObject({
      role: "assistant",
      reasoning_content: "Hm, hm.",
    });
  });
});
