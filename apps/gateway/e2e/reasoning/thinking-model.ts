import {
  type ChatMessage,
  done,
  finishChunk,
  type RecordedRequest,
  reasoningChunk,
  reasoningThenText,
  roleChunk,
  type Script,
  toolCallChunk,
  usageChunk,
} from "@gateway/testkit";

/** What the model thinks before it calls its tool, piece by piece, and as a whole. */
const pieces = ["The user wants ", "the files: ", "I list them. 🗂️"];
export const thought = pieces.join("");

/** The tool that it calls. */
export const shell = {
  type: "function" as const,
  name: "shell",
  parameters: { type: "object", properties: { command: { type: "string" } }, required: ["command"] },
  strict: false,
};

/** A model that thinks, calls `shell` once, and with its output in view thinks again and answers. */
export function thinking({ body }: RecordedRequest): Script {
  if (body.messages?.some(({ role }) => role === "tool") === true) {
    return reasoningThenText("Two files.", "There are two files.");
  }
  return [
    roleChunk(),
    ...pieces.map((piece) => reasoningChunk(piece)),
    toolCallChunk({ index: 0, id: "call_1", type: "function", name: "shell", arguments: "" }),
    toolCallChunk({ index: 0, arguments: '{"command":"ls"}' }),
    finishChunk("tool_calls"),
    usageChunk({ prompt: 10, completion: 5 }),
    done(),
  ];
}

/** What the output of the call is sent back as. */
export const output = { type: "function_call_output" as const, call_id: "call_1", output: "a.txt b.txt" };

/** The messages of the model itself, as its server got them in a request. */
export function ownMessages(request: RecordedRequest | undefined): ChatMessage[] {
  return (request?.body.messages ?? []).filter(({ role }) => role === "assistant");
}

/** The message that the model is to be shown of its first turn, thought included. */
export const firstTurn = {
  role: "assistant",
  content: null,
  reasoning_content: thought,
  tool_calls: [
    { id: "call_1", type: "function", function: { name: "shell", arguments: '{"command":"ls"}' } },
  ],
};
