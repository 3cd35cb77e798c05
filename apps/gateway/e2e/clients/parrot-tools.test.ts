import { describeWith } from "@gateway/testkit";
import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { doorNames } from "../doors.ts";
import { postStream } from "../read-stream.ts";
import { functions, type ParrotDoors, parrot, startParrotDoors } from "./parrot-doors.ts";

const weather = { ...parrot, input: "What is the weather in Paris?" };
const both = { ...parrot, input: 'call open_door {"color": "apple"} and send_mail {"size": 7}' };
const doorAndMail = functions("open_door", "send_mail");

describeWith("llama-server", "a real model's tools", () => {
  let parts: ParrotDoors;
  beforeAll(async () => {
    parts = await startParrotDoors();
  });
  afterAll(() => parts[Symbol.asyncDispose]());

  describe.for(doorNames)("through %s", (door) => {
    let client: OpenAI;
    beforeAll(() => {
      client = parts.client(door);
    });

    /** Each call of a response, as name and arguments. */
    const callsOf = ({ output }: Pick<OpenAI.Responses.Response, "output">) =>
      output.flatMap((item) =>
        item.type === "function_call" ? [[item.name, JSON.parse(item.arguments)] as const] : [],
      );
    const outputsFor = (response: OpenAI.Responses.Response, outputs: string[]) =>
      response.output.flatMap((item, n) =>
        item.type === "function_call"
          ? [{ type: "function_call_output" as const, call_id: item.call_id, output: outputs[n] ?? "" }]
          : [],
      );

    test("are called, and their result is used in the next turn", async () => {
      const tools = functions("get_weather");
      const calling = await client.responses.create({ ...weather, tools });
      expect(callsOf(calling)).toEqual([["get_weather", { city: "Paris" }]]);
      const answer = await client.responses.create({
        ...parrot,
        tools,
        previous_response_id: calling.id,
        input: outputsFor(calling, ["sunny"]),
      });
      expect(answer.output_text).toBe("Result: sunny");
    });

    test("are called the same where the client keeps the history itself", async () => {
      const tools = functions("get_weather");
      const calling = await client.responses.create({ ...weather, tools, store: false });
      const answer = await client.responses.create({
        ...parrot,
        tools,
        store: false,
        input: [
          { role: "user", content: weather.input },
          ...(calling.output as OpenAI.Responses.ResponseInputItem[]),
          ...outputsFor(calling, ["rain"]),
        ],
      });
      expect(answer.output_text).toBe("Result: rain");
    });

    test("stream their arguments in pieces, as a legal stream", async () => {
      const { events, final } = await postStream(parts.doors.url(door), {
        ...weather,
        tools: functions("get_weather"),
      });
      const pieces = events.flatMap((event) =>
        event.type === "response.function_call_arguments.delta" ? [event.delta] : [],
      );
      expect(pieces.length).toBeGreaterThan(1);
      expect(JSON.parse(pieces.join(""))).toEqual({ city: "Paris" });
      expect(final).toMatchObject({
        status: "completed",
        output: [{ type: "function_call", arguments: pieces.join("") }],
      });
    });

    test("are called two at a time, and both results are used", async () => {
      const calling = await client.responses.create({ ...both, tools: doorAndMail });
      expect(callsOf(calling)).toEqual([
        ["open_door", { color: "apple" }],
        ["send_mail", { size: 7 }],
      ]);
      const [first, second] = calling.output.map((item) =>
        item.type === "function_call" ? item : undefined,
      );
      expect(first?.call_id).not.toBe(second?.call_id);
      const answer = await client.responses.create({
        ...parrot,
        tools: doorAndMail,
        previous_response_id: calling.id,
        input: outputsFor(calling, ["red", "sent"]),
      });
      expect(answer.output_text).toBe("Result: red and sent");
    });

    test("are called one at a time where parallel calls are off, though the model made two", async () => {
      const calling = await client.responses.create({
        ...both,
        tools: doorAndMail,
        parallel_tool_calls: false,
      });
      expect(callsOf(calling)).toEqual([["open_door", { color: "apple" }]]);
      const { choices } = await parts.direct.chat.completions.create({
        ...parrot,
        messages: [{ role: "user", content: both.input }],
        parallel_tool_calls: false,
        tools: doorAndMail.map(({ name, parameters }) => ({
          type: "function",
          function: { name, parameters: parameters ?? {} },
        })),
      });
      expect(choices[0]?.message.tool_calls).toHaveLength(2);
    });

    test("are not called where tool_choice is none", async () => {
      const tools = functions("get_weather");
      const response = await client.responses.create({ ...weather, tools, tool_choice: "none" });
      expect(response.output.map(({ type }) => type)).toEqual(["message"]);
      expect(response).toMatchObject({ tool_choice: "none", tools: [{ name: "get_weather" }] });
    });

    test("are called where tool_choice is required", async () => {
      const response = await client.responses.create({
        ...weather,
        tools: functions("get_weather", "search"),
        tool_choice: "required",
      });
      expect(callsOf(response)).toEqual([["get_weather", { city: "Paris" }]]);
    });

    test("are owed where they are required: an answer without a call is never completed", async () => {
      const response = await client.responses.create({
        ...parrot,
        input: "hello",
        max_output_tokens: 32,
        tools: functions("search"),
        tool_choice: "required",
      });
      expect(callsOf(response)).toEqual([]);
      expect(response).toMatchObject({
        status: "incomplete",
        incomplete_details: { reason: "max_output_tokens" },
      });
    });

    test.for([
      { choice: "a named tool", tool_choice: { type: "function" as const, name: "search" } },
      {
        choice: "allowed tools",
        tool_choice: {
          type: "allowed_tools" as const,
          mode: "required" as const,
          tools: [{ type: "function", name: "search" }],
        },
      },
    ])("are called by $choice, though the question is for another", async ({ tool_choice }) => {
      const tools = functions("get_weather", "search");
      const response = await client.responses.create({ ...weather, tools, tool_choice });
      expect(callsOf(response).map(([name]) => name)).toEqual(["search"]);
      expect(response.tool_choice).toEqual(tool_choice);
      expect(response.tools).toHaveLength(2);
    });
  });
});
