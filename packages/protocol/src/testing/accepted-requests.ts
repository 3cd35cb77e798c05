const user = { role: "user", content: "hi" };
const call = { type: "function_call", call_id: "call_1", name: "f", arguments: "{}" };
const weather = { type: "function", name: "get.weather-1_x", parameters: { type: "object", properties: {} } };

/** One item as the whole input. */
function item(value: unknown): Record<string, unknown> {
  return { input: [value] };
}

/** A user message with one part. */
function part(value: unknown): Record<string, unknown> {
  return item({ role: "user", content: [value] });
}

/** Forms of a request that are honoured, each as the fields added to a minimal one. */
export const acceptedRequests: [string, Record<string, unknown>][] = [
  ["plain text", {}],
  ["no text at all", { input: "" }],
  ["no items", { input: [] }],
  ["a message without a type", item(user)],
  ["a message with a null type and a null id", item({ ...user, type: null, id: null })],
  ["a message with a type", item({ ...user, type: "message" })],
  [
    "a message of every role",
    { input: ["user", "assistant", "system", "developer"].map((role) => ({ role, content: "x" })) },
  ],
  ["a message without parts", item({ role: "user", content: [] })],
  ["input_text", part({ type: "input_text", text: "x" })],
  ["input_image by URL", part({ type: "input_image", image_url: "https://a.example/x.png", detail: "high" })],
  ["input_image by data URL", part({ type: "input_image", image_url: "data:image/png;base64,AA==" })],
  [
    "input_image by file id, other keys null",
    part({ type: "input_image", file_id: "file-1", image_url: null, detail: null }),
  ],
  ["input_file by data", part({ type: "input_file", file_data: "AA==", filename: "x.pdf" })],
  ["input_file by URL", part({ type: "input_file", file_url: "https://a.example/x.pdf" })],
  ["input_file by id", part({ type: "input_file", file_id: "file-1" })],
  ["input_audio", part({ type: "input_audio", input_audio: { data: "AA==", format: "mp3" } })],
  [
    "assistant history as output_text",
    item({ role: "assistant", content: [{ type: "output_text", text: "x" }] }),
  ],
  [
    "assistant history as input_text",
    item({ role: "assistant", content: [{ type: "input_text", text: "x" }] }),
  ],
  ["assistant history as refusal", item({ role: "assistant", content: [{ type: "refusal", refusal: "x" }] })],
  [
    "a call and its output as text",
    { input: [call, { type: "function_call_output", call_id: "call_1", output: "x" }] },
  ],
  [
    "an output as parts",
    item({
      type: "function_call_output",
      call_id: "call_1",
      output: [
        { type: "input_text", text: "x" },
        { type: "input_image", file_id: "file-1" },
        { type: "input_file", file_id: "file-1" },
      ],
    }),
  ],
  ["an output without parts", item({ type: "function_call_output", call_id: "call_1", output: [] })],
  [
    "a reasoning item",
    item({
      type: "reasoning",
      id: "rs_1",
      summary: [{ type: "summary_text", text: "x" }],
      content: [{ type: "reasoning_text", text: "x" }],
    }),
  ],
  [
    "a reasoning item with nothing in it",
    item({ type: "reasoning", id: "rs_1", summary: [], encrypted_content: null }),
  ],
  [
    "a sealed thought as a stateless client sends it back",
    item({ type: "reasoning", summary: [], content: null, encrypted_content: "v1.0123abcd.AAAA" }),
  ],
  ["an item reference", item({ type: "item_reference", id: "msg_1" })],
  ["an item reference without a type", item({ id: "msg_1" })],
  ["an item reference with a null type", item({ id: "msg_1", type: null })],
  ["instructions", { instructions: "Be brief." }],
  ["a conversation by id", { conversation: "conv_1" }],
  ["a conversation object", { conversation: { id: "conv_1" } }],
  ["a previous response", { previous_response_id: "resp_1" }],
  ["store", { store: false }],
  ["background off", { background: false }],
  ["background", { background: true }],
  ["stream", { stream: true, stream_options: { include_obfuscation: false } }],
  ["stream options without a choice", { stream: true, stream_options: { include_obfuscation: null } }],
  [
    "every include",
    {
      include: [
        "file_search_call.results",
        "web_search_call.results",
        "web_search_call.action.sources",
        "message.input_image.image_url",
        "computer_call_output.output.image_url",
        "code_interpreter_call.outputs",
        "reasoning.encrypted_content",
        "message.output_text.logprobs",
      ],
    },
  ],
  ["a function tool", { tools: [weather] }],
  [
    "a function tool with nulls",
    { tools: [{ type: "function", name: "f", parameters: null, description: null, strict: null }] },
  ],
  ["tool_choice auto without tools", { tool_choice: "auto" }],
  ["tool_choice none without tools", { tool_choice: "none" }],
  ["tool_choice required", { tools: [weather], tool_choice: "required" }],
  ["a named function", { tools: [weather], tool_choice: { type: "function", name: weather.name } }],
  [
    "allowed tools, auto",
    {
      tools: [weather],
      tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: weather.name }] },
    },
  ],
  [
    "allowed tools, required",
    {
      tools: [weather],
      tool_choice: {
        type: "allowed_tools",
        mode: "required",
        tools: [{ type: "function", name: weather.name }],
      },
    },
  ],
  ["parallel calls off", { parallel_tool_calls: false }],
  ["a limit of tool calls", { max_tool_calls: 1 }],
  ["the smallest output budget", { max_output_tokens: 16 }],
  [
    "sampling at the lower ends",
    { temperature: 0, top_p: 0, top_logprobs: 0, frequency_penalty: -2, presence_penalty: -2 },
  ],
  [
    "sampling at the upper ends",
    { temperature: 2, top_p: 1, top_logprobs: 20, frequency_penalty: 2, presence_penalty: 2 },
  ],
  ["a seed and one stop", { seed: -1, stop: "x" }],
  ["several stops", { stop: ["x", "y"] }],
  ["text as text", { text: { format: { type: "text" }, verbosity: "low" } }],
  ["text with nulls", { text: { format: null, verbosity: null } }],
  ["text as a JSON object", { text: { format: { type: "json_object" } } }],
  [
    "text by a schema",
    {
      text: {
        format: {
          type: "json_schema",
          name: "a-b_C9",
          schema: { type: "object" },
          strict: true,
          description: "x",
        },
      },
    },
  ],
  [
    "text by a schema with the longest name",
    { text: { format: { type: "json_schema", name: "a".repeat(64), schema: {}, strict: null } } },
  ],
  ["every effort", { reasoning: { effort: "xhigh", summary: "auto" } }],
  ["thoughts of this turn only", { reasoning: { context: "current_turn" } }],
  ["reasoning with nulls", { reasoning: { effort: null, summary: null } }],
  ["the former name of summary", { reasoning: { generate_summary: "concise" } }],
  [
    "the most metadata",
    {
      metadata: Object.fromEntries(
        Array.from({ length: 16 }, (_, i) => [String(i).padStart(64, "k"), "v".repeat(512)]),
      ),
    },
  ],
  ["hints about the user", { user: "u", safety_identifier: "s".repeat(128), prompt_cache_key: "k" }],
  ["a service tier", { service_tier: "flex" }],
  ["truncation disabled", { truncation: "disabled" }],
];
