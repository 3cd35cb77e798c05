const base = { model: "m", input: "hi" };
const tool = { type: "function", name: "f" };

/** A request whose input is this one item. */
function item(value: unknown): unknown {
  return { ...base, input: [value] };
}

/** A request with one user message with this one part. */
function part(value: unknown): unknown {
  return item({ role: "user", content: [value] });
}

/** A request with a JSON schema format that has these fields. */
function schema(fields: object): unknown {
  return { ...base, text: { format: { type: "json_schema", ...fields } } };
}

/** A request with this choice among one function tool. */
function choice(tool_choice: unknown, tools: unknown[] = [tool]): unknown {
  return { ...base, tools, tool_choice };
}

const missing = "missing_required_parameter";

/** Bodies that can be read but are not valid: name, body, and the error's code and param. */
export const refusedRequests: [string, unknown, string, string | null][] = [
  // The body
  ["no body", undefined, missing, null],
  ["null", null, "invalid_type", null],
  ["a list", [], "invalid_type", null],
  ["a string", "hi", "invalid_type", null],
  // Model and input
  ["no model", { input: "hi" }, missing, "model"],
  ["nothing at all", {}, missing, "model"],
  ["a null model", { ...base, model: null }, missing, "model"],
  ["a model that is a number", { ...base, model: 5 }, "invalid_type", "model"],
  ["an empty model", { ...base, model: "" }, "string_below_min_length", "model"],
  [
    "a compaction_trigger that is not the last item",
    {
      ...base,
      input: [{ role: "user", content: "a" }, { type: "compaction_trigger" }, { role: "user", content: "b" }],
    },
    "invalid_value",
    "input[1]",
  ],
  ["no input and no history", { model: "m" }, missing, "input"],
  ["a null input", { model: "m", input: null }, missing, "input"],
  ["input that is a number", { ...base, input: 5 }, "invalid_type", "input"],
  ["input that is an object", { ...base, input: {} }, "invalid_type", "input"],
  ["an item that is a number", item(5), "invalid_type", "input[0]"],
  ["an item that is null", item(null), "invalid_type", "input[0]"],
  ["an item that is a list", item([]), "invalid_type", "input[0]"],
  ["an item that is text", item("hi"), "invalid_type", "input[0]"],
  ["an item without anything", item({}), missing, "input[0].type"],
  ["an item of unknown type", item({ type: "dream" }), "invalid_value", "input[0].type"],
  ["an item whose type is a number", item({ type: 5 }), "invalid_value", "input[0].type"],
  ["an item with a null type and nothing else", item({ type: null }), "invalid_value", "input[0].type"],
  [
    "a fault in a later item",
    { ...base, input: [{ role: "user", content: "x" }, { role: "user" }] },
    missing,
    "input[1].content",
  ],
  // Items
  ["an unknown role", item({ role: "bot", content: "x" }), "invalid_value", "input[0].role"],
  ["a message without a role", item({ type: "message", content: "x" }), missing, "input[0].role"],
  ["a message without content", item({ role: "user" }), missing, "input[0].content"],
  ["content that is a number", item({ role: "user", content: 5 }), "invalid_type", "input[0].content"],
  ["an empty id", item({ role: "user", content: "x", id: "" }), "string_below_min_length", "input[0].id"],
  ["an id that is a number", item({ role: "user", content: "x", id: 5 }), "invalid_type", "input[0].id"],
  [
    "a call without call_id",
    item({ type: "function_call", name: "f", arguments: "{}" }),
    missing,
    "input[0].call_id",
  ],
  [
    "a call without a name",
    item({ type: "function_call", call_id: "c", arguments: "{}" }),
    missing,
    "input[0].name",
  ],
  [
    "a call whose arguments are an object",
    item({ type: "function_call", call_id: "c", name: "f", arguments: {} }),
    "invalid_type",
    "input[0].arguments",
  ],
  [
    "an output without call_id",
    item({ type: "function_call_output", output: "x" }),
    missing,
    "input[0].call_id",
  ],
  [
    "an output without output",
    item({ type: "function_call_output", call_id: "c" }),
    missing,
    "input[0].output",
  ],
  [
    "an output that is a number",
    item({ type: "function_call_output", call_id: "c", output: 5 }),
    "invalid_type",
    "input[0].output",
  ],
  [
    "an output with a part of the model",
    item({ type: "function_call_output", call_id: "c", output: [{ type: "output_text", text: "x" }] }),
    "invalid_value",
    "input[0].output[0].type",
  ],
  [
    "a summary that is text",
    item({ type: "reasoning", id: "r", summary: "x" }),
    "invalid_type",
    "input[0].summary",
  ],
  [
    "a thought of unknown type",
    item({ type: "reasoning", id: "r", content: [{ type: "text", text: "x" }] }),
    "invalid_value",
    "input[0].content[0].type",
  ],
  ["a reference without id", item({ type: "item_reference" }), missing, "input[0].id"],
  [
    "additional tools of nobody",
    item({ type: "additional_tools", tools: [] }),
    "missing_required_parameter",
    "input[0].role",
  ],
  [
    "additional tools of an unknown type",
    item({ type: "additional_tools", role: "developer", tools: [{ type: "x" }] }),
    "invalid_value",
    "input[0].tools[0].type",
  ],
  [
    "a configuration update to an unknown effort",
    item({ type: "configuration_update", reasoning: { effort: "huge" } }),
    "invalid_value",
    "input[0].reasoning.effort",
  ],
  [
    "an approval of nothing",
    item({ type: "mcp_approval_response", approve: true }),
    missing,
    "input[0].approval_request_id",
  ],
  ["a program", item({ type: "program", code: "x" }), "unsupported_value", "input[0].type"],
  ["a program's output", item({ type: "program_output" }), "unsupported_value", "input[0].type"],
  // Parts
  ["a part that is text", part("x"), "invalid_type", "input[0].content[0]"],
  ["a part of unknown type", part({ type: "video" }), "invalid_value", "input[0].content[0].type"],
  ["a part without a type", part({ text: "x" }), missing, "input[0].content[0].type"],
  ["a text part without text", part({ type: "input_text" }), missing, "input[0].content[0].text"],
  [
    "a text part that is no text",
    part({ type: "input_text", text: 5 }),
    "invalid_type",
    "input[0].content[0].text",
  ],
  [
    "an unknown detail",
    part({ type: "input_image", detail: "max" }),
    "invalid_value",
    "input[0].content[0].detail",
  ],
  [
    "an image URL in an object",
    part({ type: "input_image", image_url: { url: "x" } }),
    "invalid_type",
    "input[0].content[0].image_url",
  ],
  [
    "an unknown audio format",
    part({ type: "input_audio", input_audio: { data: "x", format: "ogg" } }),
    "invalid_value",
    "input[0].content[0].input_audio.format",
  ],
  [
    "audio without data",
    part({ type: "input_audio", input_audio: { format: "mp3" } }),
    missing,
    "input[0].content[0].input_audio.data",
  ],
  // History
  [
    "an empty previous_response_id",
    { ...base, previous_response_id: "" },
    "string_below_min_length",
    "previous_response_id",
  ],
  [
    "a previous_response_id that is a number",
    { ...base, previous_response_id: 1 },
    "invalid_type",
    "previous_response_id",
  ],
  ["a conversation that is a number", { ...base, conversation: 1 }, "invalid_type", "conversation"],
  ["a conversation without id", { ...base, conversation: {} }, missing, "conversation.id"],
  ["an empty conversation id", { ...base, conversation: "" }, "string_below_min_length", "conversation"],
  [
    "a conversation and a previous response",
    { ...base, conversation: "c", previous_response_id: "r" },
    "mutually_exclusive_parameters",
    "previous_response_id",
  ],
  // Switches
  ["store that is text", { ...base, store: "yes" }, "invalid_type", "store"],
  ["stream that is a number", { ...base, stream: 1 }, "invalid_type", "stream"],
  ["stream_options that is no object", { ...base, stream_options: true }, "invalid_type", "stream_options"],
  [
    "obfuscation that is text",
    { ...base, stream_options: { include_obfuscation: "x" } },
    "invalid_type",
    "stream_options.include_obfuscation",
  ],
  [
    "background without a store",
    { ...base, background: true, store: false },
    "unsupported_value",
    "background",
  ],
  ["multi_agent", { ...base, multi_agent: {} }, "unsupported_value", "multi_agent"],
  ["an unknown include", { ...base, include: ["x"] }, "invalid_value", "include[0]"],
  ["include that is text", { ...base, include: "x" }, "invalid_type", "include"],
  ["a prompt that is text", { ...base, prompt: "p" }, "invalid_type", "prompt"],
  ["a prompt without id", { ...base, prompt: {} }, missing, "prompt.id"],
  // Tools
  ["tools that are an object", { ...base, tools: {} }, "invalid_type", "tools"],
  ["a tool without a type", { ...base, tools: [{ name: "f" }] }, missing, "tools[0].type"],
  ["a tool of unknown type", { ...base, tools: [tool, { type: "magic" }] }, "invalid_value", "tools[1].type"],
  ["a function without a name", { ...base, tools: [{ type: "function" }] }, missing, "tools[0].name"],
  [
    "a function in the nested form of chat completions",
    { ...base, tools: [{ type: "function", function: tool }] },
    missing,
    "tools[0].name",
  ],
  [
    "a function name with a space",
    { ...base, tools: [{ type: "function", name: "a b" }] },
    "invalid_value",
    "tools[0].name",
  ],
  [
    "a function name that is too long",
    { ...base, tools: [{ type: "function", name: "a".repeat(129) }] },
    "string_above_max_length",
    "tools[0].name",
  ],
  [
    "parameters that are text",
    { ...base, tools: [{ ...tool, parameters: "x" }] },
    "invalid_type",
    "tools[0].parameters",
  ],
  ["strict that is text", { ...base, tools: [{ ...tool, strict: "x" }] }, "invalid_type", "tools[0].strict"],
  ["an unknown word as tool_choice", choice("maybe"), "invalid_value", "tool_choice"],
  ["a number as tool_choice", choice(1), "invalid_type", "tool_choice"],
  ["a tool_choice of unknown type", choice({ type: "x" }), "invalid_value", "tool_choice.type"],
  ["a tool_choice without a type", choice({ name: "f" }), missing, "tool_choice.type"],
  ["a function choice without a name", choice({ type: "function" }), missing, "tool_choice.name"],
  [
    "a function that is not declared",
    choice({ type: "function", name: "g" }),
    "invalid_value",
    "tool_choice",
  ],
  [
    "a hosted tool that is not declared",
    choice({ type: "mcp", server_label: "x" }),
    "invalid_value",
    "tool_choice",
  ],
  ["a required call without tools", choice("required", []), "invalid_value", "tool_choice"],
  [
    "a shell in a container",
    choice({ type: "shell" }, [tool, { type: "shell", environment: { type: "container_auto" } }]),
    "unsupported_value",
    "tools[1].type",
  ],
  [
    "no allowed tools",
    choice({ type: "allowed_tools", mode: "auto", tools: [] }),
    "array_below_min_length",
    "tool_choice.tools",
  ],
  [
    "an unknown mode of allowed tools",
    choice({ type: "allowed_tools", mode: "x", tools: [tool] }),
    "invalid_value",
    "tool_choice.mode",
  ],
  [
    "an allowed function that is not declared",
    choice({ type: "allowed_tools", mode: "auto", tools: [tool, { type: "function", name: "g" }] }),
    "invalid_value",
    "tool_choice.tools[1]",
  ],
  [
    "an allowed function without a name",
    choice({ type: "allowed_tools", mode: "auto", tools: [{ type: "function" }] }),
    missing,
    "tool_choice.tools[0].name",
  ],
  [
    "an allowed hosted tool that is not declared",
    choice({ type: "allowed_tools", mode: "required", tools: [{ type: "mcp" }] }),
    "invalid_value",
    "tool_choice.tools[0]",
  ],
  // Numbers
  [
    "too small an output budget",
    { ...base, max_output_tokens: 15 },
    "integer_below_min_value",
    "max_output_tokens",
  ],
  ["a broken output budget", { ...base, max_output_tokens: 16.5 }, "invalid_type", "max_output_tokens"],
  [
    "an output budget beyond counting",
    { ...base, max_output_tokens: 1e300 },
    "integer_above_max_value",
    "max_output_tokens",
  ],
  ["an output budget as text", { ...base, max_output_tokens: "16" }, "invalid_type", "max_output_tokens"],
  ["no tool call at all", { ...base, max_tool_calls: 0 }, "integer_below_min_value", "max_tool_calls"],
  ["too hot", { ...base, temperature: 2.1 }, "decimal_above_max_value", "temperature"],
  ["too cold", { ...base, temperature: -0.1 }, "decimal_below_min_value", "temperature"],
  ["a temperature as text", { ...base, temperature: "1" }, "invalid_type", "temperature"],
  ["too large a top_p", { ...base, top_p: 1.5 }, "decimal_above_max_value", "top_p"],
  ["too many top_logprobs", { ...base, top_logprobs: 21 }, "integer_above_max_value", "top_logprobs"],
  ["negative top_logprobs", { ...base, top_logprobs: -1 }, "integer_below_min_value", "top_logprobs"],
  ["a broken seed", { ...base, seed: 1.5 }, "invalid_type", "seed"],
  ["a seed beyond counting", { ...base, seed: 2 ** 60 }, "integer_above_max_value", "seed"],
  ["too strong a penalty", { ...base, frequency_penalty: 3 }, "decimal_above_max_value", "frequency_penalty"],
  ["too weak a penalty", { ...base, presence_penalty: -3 }, "decimal_below_min_value", "presence_penalty"],
  ["a stop that is a number", { ...base, stop: 5 }, "invalid_type", "stop"],
  ["too many stops", { ...base, stop: Array(17).fill("x") }, "array_above_max_length", "stop"],
  ["a stop in the list that is a number", { ...base, stop: ["x", 5] }, "invalid_type", "stop[1]"],
  // Text and reasoning
  ["text that is a string", { ...base, text: "x" }, "invalid_type", "text"],
  ["an unknown format", { ...base, text: { format: { type: "xml" } } }, "invalid_value", "text.format.type"],
  ["a format without a type", { ...base, text: { format: {} } }, missing, "text.format.type"],
  ["a format that is a string", { ...base, text: { format: "json" } }, "invalid_type", "text.format"],
  ["a schema without a name", schema({ schema: {} }), missing, "text.format.name"],
  [
    "a schema with a space in its name",
    schema({ name: "a b", schema: {} }),
    "invalid_value",
    "text.format.name",
  ],
  [
    "a schema with too long a name",
    schema({ name: "a".repeat(65), schema: {} }),
    "string_above_max_length",
    "text.format.name",
  ],
  ["a format without its schema", schema({ name: "a" }), missing, "text.format.schema"],
  ["an unknown verbosity", { ...base, text: { verbosity: "x" } }, "invalid_value", "text.verbosity"],
  ["an unknown effort", { ...base, reasoning: { effort: "x" } }, "invalid_value", "reasoning.effort"],
  ["an unknown summary", { ...base, reasoning: { summary: "x" } }, "invalid_value", "reasoning.summary"],
  ["reasoning that is a string", { ...base, reasoning: "high" }, "invalid_type", "reasoning"],
  ["an unknown truncation", { ...base, truncation: "x" }, "invalid_value", "truncation"],
  // The rest
  ["instructions that are a list", { ...base, instructions: [] }, "invalid_type", "instructions"],
  [
    "too much metadata",
    { ...base, metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, "v"])) },
    "invalid_value",
    "metadata",
  ],
  [
    "too long a key",
    { ...base, metadata: { ["k".repeat(65)]: "v" } },
    "string_above_max_length",
    `metadata.${"k".repeat(65)}`,
  ],
  [
    "too long a value",
    { ...base, metadata: { k: "v".repeat(513) } },
    "string_above_max_length",
    "metadata.k",
  ],
  ["a value that is a number", { ...base, metadata: { k: 1 } }, "invalid_type", "metadata.k"],
  ["metadata that is text", { ...base, metadata: "x" }, "invalid_type", "metadata"],
  [
    "too long a safety_identifier",
    { ...base, safety_identifier: "x".repeat(129) },
    "string_above_max_length",
    "safety_identifier",
  ],
  ["an unknown service tier", { ...base, service_tier: "x" }, "invalid_value", "service_tier"],
];
