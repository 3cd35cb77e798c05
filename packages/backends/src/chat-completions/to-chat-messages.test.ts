import type { ModelTurn } from "@gateway/engine";
import type { Item } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { commonDialect, openAiDialect } from "./dialect.ts";
import { toChatMessages } from "./to-chat-messages.ts";

let ids = 0;
const message = (role: string, content: unknown): Item =>
  ({ type: "message", id: `msg_${ids++}`, role, content }) as Item;
const user = (content: unknown) => message("user", content);
const assistant = (content: unknown) => message("assistant", content);
const call = (call_id: string, name = "f", args = "{}"): Item => ({
  type: "function_call",
  id: `fc_${ids++}`,
  call_id,
  name,
  arguments: args,
});
const output = (call_id: string, value: unknown): Item =>
  ({ type: "function_call_output", id: `fco_${ids++}`, call_id, output: value }) as Item;
const reasoning = (text: string, extra: object = {}): Item => ({
  type: "reasoning",
  id: `rs_${ids++}`,
  summary: [],
  content: [{ type: "reasoning_text", text }],
  ...extra,
});

const turnOf = (items: Item[], instructions: string | null = null): ModelTurn => ({
  request: { model: "m", input: items },
  model: "m",
  instructions,
  items,
  tools: [],
  places: new Map(items.map(({ id }, index) => [id, index])),
  toolChoice: "auto",
  maxOutputTokens: undefined,
});
const render = (items: Item[], instructions: string | null = null, dialect = commonDialect) =>
  toChatMessages(turnOf(items, instructions), dialect);

describe("system text", () => {
  test("instructions come first, merged with the system and developer messages at the front", () => {
    const items = [
      message("system", "Be brief."),
      message("developer", [{ type: "input_text", text: "Be kind." }]),
      user("Hi"),
    ];
    expect(render(items, "Be true.")).toEqual([
      { role: "system", content: "Be true.\n\nBe brief.\n\nBe kind." },
      { role: "user", content: "Hi" },
    ]);
  });

  test("a server that knows the developer role gets it at the front", () => {
    expect(render([user("Hi")], "Be true.", openAiDialect)[0]).toEqual({
      role: "developer",
      content: "Be true.",
    });
  });

  test("a developer message in mid-conversation becomes a system message there", () => {
    expect(render([user("Hi"), message("developer", "Now in French."), user("Go")])).toEqual([
      { role: "user", content: "Hi" },
      { role: "system", content: "Now in French." },
      { role: "user", content: "Go" },
    ]);
  });

  test("without instructions and system messages there is no system message", () => {
    expect(render([user("Hi")], "")).toEqual([{ role: "user", content: "Hi" }]);
  });

  test("a system message with an image is refused", () => {
    const items = [message("system", [{ type: "input_image", image_url: "data:image/png;base64,AA==" }])];
    expect(() => render(items)).toThrowError(
      expect.objectContaining({ status: 422, param: "input[0].content[0].type" }),
    );
  });
});

describe("assistant messages", () => {
  test("thoughts, text and calls that follow each other become one message", () => {
    const items = [
      user("Weather?"),
      reasoning("I need a tool."),
      assistant([
        { type: "output_text", text: "Let me" },
        { type: "output_text", text: " look." },
      ]),
      call("call_1", "get_weather", '{"city":"Oslo"}'),
      output("call_1", "rain"),
    ];
    expect(render(items)).toEqual([
      { role: "user", content: "Weather?" },
      {
        role: "assistant",
        content: "Let me look.",
        reasoning: "I need a tool.",
        reasoning_content: "I need a tool.",
        tool_calls: [
          { id: "call_1", type: "function", function: { name: "get_weather", arguments: '{"city":"Oslo"}' } },
        ],
      },
      { role: "tool", tool_call_id: "call_1", content: "rain" },
    ]);
  });

  test("history may hold the model's text as a string, as output_text or as input_text", () => {
    const items = [
      assistant("a"),
      user("1"),
      assistant([{ type: "output_text", text: "b" }]),
      user("2"),
      assistant([{ type: "input_text", text: "c" }]),
    ];
    expect(render(items).map(({ content }) => content)).toEqual(["a", "1", "b", "2", "c"]);
  });

  test("calls alone have no content, and empty arguments become an empty object", () => {
    const [first] = render([call("c", "f", ""), output("c", "ok")]);
    expect(first).toMatchObject({ content: null, tool_calls: [{ function: { arguments: "{}" } }] });
  });

  test("arguments that are no JSON are sent as they are", () => {
    const [first] = render([call("c", "f", '{"a":'), output("c", "bad")]);
    expect(first).toMatchObject({ tool_calls: [{ function: { arguments: '{"a":' } }] });
  });

  test("a refusal goes under its own key where the server has one, else as text", () => {
    const items = [user("Bad"), assistant([{ type: "refusal", refusal: "No." }])];
    expect(render(items)[1]).toEqual({ role: "assistant", content: "No." });
    expect(render(items, null, openAiDialect)[1]).toEqual({
      role: "assistant",
      content: null,
      refusal: "No.",
    });
  });

  test("a thought of which only the summary is left is sent as that", () => {
    const items = [
      reasoning("", { content: null, summary: [{ type: "summary_text", text: "Short." }] }),
      assistant("x"),
    ];
    expect(render(items)[0]).toMatchObject({ reasoning: "Short.", content: "x" });
  });

  test("a server that takes no thoughts back gets none", () => {
    expect(render([reasoning("hm"), assistant("x")], null, openAiDialect)).toEqual([
      { role: "assistant", content: "x" },
    ]);
  });

  test("thoughts without an answer are left out", () => {
    expect(render([user("Hi"), reasoning("hm"), user("Well?")])).toEqual([
      { role: "user", content: "Hi" },
      { role: "user", content: "Well?" },
    ]);
  });

  test("an image in an assistant message is refused", () => {
    expect(() => render([assistant([{ type: "input_image", image_url: "data:," }])])).toThrowError(
      expect.objectContaining({ status: 422, param: "input[0].content[0].type" }),
    );
  });
});

describe("calls and outputs", () => {
  test("parallel calls are one message, answered in the order of the calls", () => {
    const items = [call("a"), call("b"), output("b", "B"), output("a", "A")];
    expect(render(items)).toMatchObject([
      { tool_calls: [{ id: "a" }, { id: "b" }] },
      { tool_call_id: "a", content: "A" },
      { tool_call_id: "b", content: "B" },
    ]);
  });

  test("a message between a call and its output is moved behind the output", () => {
    expect(render([call("a"), user("Hurry"), output("a", "A"), user("Thanks")])).toMatchObject([
      { role: "assistant", tool_calls: [{ id: "a" }] },
      { role: "tool", content: "A" },
      { role: "user", content: "Hurry" },
      { role: "user", content: "Thanks" },
    ]);
  });

  test("calls that were answered one by one stay turns of their own", () => {
    const items = [
      call("a"),
      output("a", "A"),
      reasoning("next"),
      call("b"),
      output("b", "B"),
      assistant("Done"),
    ];
    expect(render(items).map(({ role }) => role)).toEqual([
      "assistant",
      "tool",
      "assistant",
      "tool",
      "assistant",
    ]);
  });

  test("an id that comes back in a later turn is paired with that turn's output", () => {
    const items = [
      call("call_0"),
      output("call_0", "first"),
      user("Again"),
      call("call_0"),
      output("call_0", "second"),
    ];
    expect(render(items).filter(({ role }) => role === "tool")).toEqual([
      { role: "tool", tool_call_id: "call_0", content: "first" },
      { role: "tool", tool_call_id: "call_0", content: "second" },
    ]);
  });

  test("text parts of an output are joined; its images follow all tool messages in a user message", () => {
    const image = { type: "input_image", image_url: "data:image/png;base64,AA==", detail: "low" };
    const items = [
      call("a", "shoot"),
      call("b", "read"),
      output("a", [image]),
      output("b", [
        { type: "input_text", text: "x" },
        { type: "input_text", text: "y" },
      ]),
    ];
    expect(render(items).slice(1)).toEqual([
      { role: "tool", tool_call_id: "a", content: "The output is in the next user message." },
      { role: "tool", tool_call_id: "b", content: "x\ny" },
      {
        role: "user",
        content: [
          { type: "text", text: "Output of shoot (call a):" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AA==", detail: "low" } },
        ],
      },
    ]);
  });

  test("records of calls that ran elsewhere are not shown to the model", () => {
    const record = { type: "web_search_call", id: "ws_1" } as Item;
    expect(render([record, message("system", "S"), user("Hi"), record, assistant("Yo")])).toEqual([
      { role: "system", content: "S" },
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Yo" },
    ]);
  });
});
