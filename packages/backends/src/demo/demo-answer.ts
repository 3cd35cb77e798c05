import { isSummaryTurn, type ModelTurn } from "@gateway/engine";
import type { FunctionTool, Item } from "@gateway/protocol";
import { toExample } from "./to-example.ts";

/** What the demo model says in a turn. */
export type DemoAnswer = { kind: "text"; text: string } | { kind: "call"; name: string; arguments: string };

/** Longest piece of the caller's text that is said again, in characters. */
const longestEcho = 120;

/**
 * The demo model's answer: a call where one is compulsory or where the text asks for one of the functions, JSON
 * where JSON is asked for, and else a few words on what this is and how to connect a real model. The same turn
 * always gets the same answer.
 */
export function toDemoAnswer(turn: ModelTurn): DemoAnswer {
  const said = lastUserText(turn.items);
  if (isSummaryTurn(turn)) return text(toNotes(said));
  const tool = toolToCall(turn, said);
  if (tool !== undefined) {
    return {
      kind: "call",
      name: tool.name,
      arguments: JSON.stringify(toExample(tool.parameters ?? {}, nameIn(said))),
    };
  }
  const format = turn.request.text?.format;
  if (format?.type === "json_schema") return text(JSON.stringify(toExample(format.schema, nameIn(said))));
  if (format?.type === "json_object") return text(JSON.stringify({ model: "demo", you_said: shorten(said) }));
  return text(toWords(turn.items, said));
}

function text(value: string): DemoAnswer {
  return { kind: "text", text: value };
}

/** Lines of a record that are repeated as notes on it. */
const notedLines = 6;

/** Notes on a conversation that is compacted: its last lines, each short. */
function toNotes(said: string): string {
  const record = said.match(/<record>\n([\s\S]*)\n<\/record>/)?.[1] ?? said;
  const lines = record.split("\n").filter((line) => line.trim() !== "");
  const last = lines.slice(-notedLines).map((line) => `- ${shorten(line)}`);
  return `The demo model keeps the last lines of what was said:\n${last.join("\n")}`;
}

function toWords(items: readonly Item[], said: string): string {
  const last = items.at(-1);
  if (last?.type === "function_call_output") {
    const call = items.findLast((item) => item.type === "function_call" && item.call_id === last.call_id);
    const name = call?.type === "function_call" ? call.name : "function";
    return `The function ${name} answered: ${shorten(textOf(last.output))}`;
  }
  const turns = items.filter(({ type, role }) => type === "message" && role === "user").length;
  const remembered = turns > 1 ? ` This conversation holds ${turns} messages of yours.` : "";
  const heard = said === "" ? "" : ` You said: "${shorten(said)}".`;
  return `This is the built-in demo model: it only repeats what it hears.${heard}${remembered} To connect a real model, start Ollama, or set OPENAI_BASE_URL (and OPENAI_API_KEY) and restart the gateway.`;
}

/** The function to call: the compulsory one, or one that the user has just asked for. */
function toolToCall({ tools, toolChoice, items }: ModelTurn, said: string): FunctionTool | undefined {
  if (toolChoice === "none") return undefined;
  if (typeof toolChoice === "object") return tools.find(({ name }) => name === toolChoice.name);
  const asked = tools.find((tool) => isAskedFor(tool.name, said));
  if (toolChoice === "required") return asked ?? tools[0];
  // Once it has been called, its output is what the user waits for.
  return items.at(-1)?.type === "function_call_output" ? undefined : asked;
}

/** Words of function names that say nothing about their subject. */
const fillers: ReadonlySet<string> = new Set([
  "get",
  "set",
  "fetch",
  "find",
  "list",
  "make",
  "create",
  "run",
  "current",
  "the",
]);

/** "What is the weather in Paris?" asks for `get_weather`: every word of the name that counts is in it. */
function isAskedFor(name: string, said: string): boolean {
  const heard = new Set(wordsOf(said));
  const all = wordsOf(name);
  const telling = all.filter((word) => word.length > 2 && !fillers.has(word));
  return (telling.length > 0 ? telling : all).every((word) => heard.has(word));
}

/** Words in lower case; those of `get_weather`, `get.weather` and `getWeather` are the same. */
function wordsOf(text: string): string[] {
  const spaced = text.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return spaced.match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** The last name in a sentence, for arguments: "Paris" in "What is the weather in Paris?". */
function nameIn(said: string): string {
  return said.match(/(?<=\S\s+)\p{Lu}[\p{L}\p{N}-]+/gu)?.at(-1) ?? "example";
}

function lastUserText(items: readonly Item[]): string {
  const item = items.findLast(({ type, role }) => type === "message" && role === "user");
  return item?.type === "message" ? textOf(item.content).trim() : "";
}

function textOf(content: string | readonly { type: string; text?: unknown }[]): string {
  if (typeof content === "string") return content;
  return content.map((part) => (typeof part.text === "string" ? part.text : "")).join(" ");
}

function shorten(value: string): string {
  const line = value.replace(/\s+/g, " ").trim();
  return line.length > longestEcho ? `${line.slice(0, longestEcho)}…` : line;
}
