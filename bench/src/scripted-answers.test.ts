import { expect, test } from "vitest";
import { asksForSearch, renderAnswer, renderSearchCall, searchQuestion } from "./scripted-answers.ts";

test("a model that is offered a file search calls it until it has a result", () => {
  const tools = [{ type: "function", function: { name: "file_search" } }];
  const user = { role: "user", content: "Hello." };
  const result = { role: "tool", tool_call_id: "call_bench", content: "passages" };
  expect(asksForSearch(JSON.stringify({ messages: [user] }))).toBe(false);
  expect(asksForSearch(JSON.stringify({ messages: [user], tools }))).toBe(true);
  expect(asksForSearch(JSON.stringify({ messages: [user, result], tools }))).toBe(false);
});

test("the call names the tool and its question, streamed and in one piece", () => {
  const { json, tokens, finish } = renderSearchCall("m");
  const [choice] = JSON.parse(json.toString()).choices;
  expect(choice.finish_reason).toBe("tool_calls");
  const made = choice.message.tool_calls[0].function;
  expect(made.name).toBe("file_search");
  expect(JSON.parse(made.arguments)).toEqual({ queries: [searchQuestion] });
  const chunk = JSON.parse(tokens.toString().replace("data: ", ""));
  expect(chunk.choices[0].delta.tool_calls[0].function).toEqual(made);
  expect(finish.toString()).toContain('"finish_reason":"tool_calls"');
});

test("an answer in text has a chunk each token, which together are its message", () => {
  const { json, tokens, finish } = renderAnswer("m", 5);
  const content = tokens.map((bytes) => JSON.parse(bytes.toString().slice(6)).choices[0].delta.content);
  expect(content).toHaveLength(5);
  expect(JSON.parse(json.toString()).choices[0].message.content).toBe(content.join(""));
  expect(finish.toString()).toContain('"finish_reason":"stop"');
});
