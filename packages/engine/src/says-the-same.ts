import { isDeepStrictEqual } from "node:util";
import type { Item } from "@gateway/protocol";
import { isJson } from "./is-json.ts";

/** What items say, which is made once for each: one of the history may be compared with thousands. */
const calls = new WeakMap<Item, unknown>();
const outputs = new WeakMap<Item, unknown>();

function memo(known: WeakMap<Item, unknown>, item: Item, make: (item: Item) => unknown): unknown {
  if (!known.has(item)) known.set(item, make(item));
  return known.get(item);
}

/**
 * True for two calls of the caller's tools that ask for the same: of one type, name and arguments, whatever their ids and
 * statuses are. Arguments in JSON are compared by what they say, since clients write them anew.
 */
export function isSameCall(one: Item, other: Item): boolean {
  return one.type === other.type && isDeepStrictEqual(memo(calls, one, asked), memo(calls, other, asked));
}

/** True for two outputs of one type that say the same. A plain text is the one part that it is short for. */
export function isSameOutput(one: Item, other: Item): boolean {
  return (
    one.type === other.type && isDeepStrictEqual(memo(outputs, one, answer), memo(outputs, other, answer))
  );
}

/** What a message or a thought says, to be compared; undefined for every other item. */
export function wordsOf(item: Item): string | undefined {
  if (item.type === "reasoning") {
    // Clients often send the summary alone, which is the thought itself here.
    const texts = (item.content?.length ? item.content : (item.summary ?? [])).map(({ text }) => text);
    return texts.length > 0 ? JSON.stringify([item.type, ...texts]) : undefined;
  }
  if (item.type !== "message") return undefined;
  const { role, content } = item;
  const parts = typeof content === "string" ? [content] : content.map((part) => textOf(part) ?? part);
  return JSON.stringify([role, ...parts]);
}

/** What a call asks for; undefined for what is no call. */
function asked(item: Item): unknown {
  switch (item.type) {
    case "function_call":
      return [item.name, spaceOf(item), read(item.arguments)];
    case "custom_tool_call":
      return [item.name, spaceOf(item), item.input];
    case "local_shell_call":
    case "shell_call":
      return withoutNulls(item.action);
    case "apply_patch_call":
      return withoutNulls(item.operation);
    case "computer_call":
      return withoutNulls([item.action, item.actions]);
    case "tool_search_call":
      return withoutNulls(item.arguments);
    default:
      return undefined;
  }
}

/** The namespace of a call; a function that was found by itself has its own name there, or nothing. */
function spaceOf({ name, namespace }: { name: string; namespace?: string | null | undefined }): string {
  return namespace ?? name;
}

/** What an output says; undefined for what is no output. */
function answer(item: Item): unknown {
  switch (item.type) {
    case "function_call_output":
    case "custom_tool_call_output":
      return toPlainText(item.output) ?? withoutNulls(item.output);
    case "apply_patch_call_output":
      return [item.status, item.output ?? ""];
    case "local_shell_call_output":
    case "shell_call_output":
    case "computer_call_output":
      return withoutNulls(item.output);
    case "tool_search_output":
      return withoutNulls(item.tools);
    default:
      return undefined;
  }
}

/** The text that an output is, or that its only part has. */
function toPlainText(output: string | readonly object[]): string | undefined {
  if (typeof output === "string") return output;
  const [part, ...more] = output;
  return part === undefined || more.length > 0 ? undefined : textOf(part);
}

function read(args: string): unknown {
  return isJson(args) ? JSON.parse(args) : args;
}

function textOf(part: object): string | undefined {
  return "text" in part && typeof part.text === "string" ? part.text : undefined;
}

/** A copy in which what is null is left out, on every level: clients drop it, and stored items have it. */
function withoutNulls(value: unknown): unknown {
  return value === undefined
    ? undefined
    : JSON.parse(JSON.stringify(value, (_key, inner) => (inner === null ? undefined : inner)));
}
