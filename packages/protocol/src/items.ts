import * as z from "zod";
import { attributes } from "./attributes.ts";
import { clientCallItems } from "./client-calls.ts";
import { codeInterpreterCall, type OutputCodeInterpreterCall } from "./code-interpreter.ts";
import type { OutputTextPart, RefusalPart } from "./content.ts";
import { contentPart, toolOutputPart } from "./content.ts";
import { hostedCallItems, type OutputHostedCall } from "./hosted-calls.ts";
import { laterSettingItems } from "./later-settings.ts";
import { listOf } from "./list-of.ts";
import { mcpItems, type OutputMcpItem } from "./mcp-items.ts";
import type { OutputClientCall } from "./output-calls.ts";

const id = z.string().min(1).max(512).nullish();
const status = z.string().nullish();
/** Who has made a call: here it is always the model. */
const caller = z.unknown().optional();

const message = z.looseObject({
  type: z.literal("message"),
  id,
  role: z.enum(["user", "assistant", "system", "developer"]),
  content: z.union([z.string(), listOf(contentPart)]),
  phase: z.unknown().optional(),
  status,
});

const functionCall = z.looseObject({
  type: z.literal("function_call"),
  id,
  call_id: z.string().min(1),
  name: z.string().min(1),
  namespace: z.string().nullish(),
  arguments: z.string(),
  caller,
  async: z.unknown().optional(),
  status,
});

const functionCallOutput = z.looseObject({
  type: z.literal("function_call_output"),
  id,
  call_id: z.string().min(1),
  output: z.union([z.string(), listOf(toolOutputPart)]),
  /** Of the function; the call is found by its id. */
  name: z.unknown().optional(),
  namespace: z.unknown().optional(),
  caller,
  status,
});

const reasoning = z.looseObject({
  type: z.literal("reasoning"),
  id,
  summary: listOf(z.looseObject({ type: z.literal("summary_text"), text: z.string() })).nullish(),
  content: listOf(z.looseObject({ type: z.literal("reasoning_text"), text: z.string() })).nullish(),
  encrypted_content: z.string().nullish(),
  status,
});

const fileSearchResult = z.looseObject({
  file_id: z.string(),
  filename: z.string(),
  score: z.number(),
  text: z.string(),
  attributes: attributes.nullish(),
  /** Told by the API, though not documented. */
  vector_store_id: z.unknown().optional(),
});

/** A search that this server made. Sent back without its results it still tells the model what was asked. */
const fileSearchCall = z.looseObject({
  type: z.literal("file_search_call"),
  id,
  queries: z.array(z.string()).nullish(),
  results: listOf(fileSearchResult).nullish(),
  status,
});

/** Context that was compacted: what it says only the server that sealed it can read. Empty where it was cut short. */
const compaction = z.looseObject({
  type: z.literal("compaction"),
  id,
  encrypted_content: z.string(),
});

/** Asks for the context to be compacted in place of an answer; the last item of an input. */
const compactionTrigger = z.looseObject({ type: z.literal("compaction_trigger"), id });

const itemReference = z.looseObject({ type: z.literal("item_reference"), id: z.string().min(1).max(512) });

/** Items that ask the server to do something it cannot: leaving them out would change the answer. */
const refusedTypes = ["program", "program_output"] as const;

const refused = z.looseObject({ type: z.enum(refusedTypes), id });

const knownItem = z.discriminatedUnion("type", [
  message,
  functionCall,
  functionCallOutput,
  reasoning,
  fileSearchCall,
  compaction,
  compactionTrigger,
  itemReference,
  ...clientCallItems,
  ...mcpItems,
  ...hostedCallItems,
  ...laterSettingItems,
  codeInterpreterCall,
  refused,
]);

/**
 * An item as a caller sends it. The "easy" forms are completed first: no `type` but a `role` is a message,
 * no `type` but an `id` is an item reference. One discriminated union then gives short, exact errors.
 */
export const inputItem = z.preprocess((value) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const item = value as Record<string, unknown>;
  if (item.type !== undefined && item.type !== null) return value;
  if ("role" in item) return { ...item, type: "message" };
  if ("id" in item) return { ...item, type: "item_reference" };
  return value;
}, knownItem);

/** An item as a caller may send it. */
export type InputItem = z.infer<typeof inputItem>;
/** An item as it is stored and replayed: references are resolved, every item has its id. */
export type Item = Exclude<InputItem, { type: "item_reference" }> & { id: string };
export type MessageItem = Extract<Item, { type: "message" }>;
export type CompactionItem = Extract<Item, { type: "compaction" }>;
export type ReasoningItem = Extract<Item, { type: "reasoning" }>;
export type FileSearchCallItem = Extract<Item, { type: "file_search_call" }>;
export type FunctionCallOutputItem = Extract<Item, { type: "function_call_output" }>;

/** True for items that this server must refuse. */
export function isRefusedItem(item: { type: string }): boolean {
  return (refusedTypes as readonly string[]).includes(item.type);
}

export type ItemStatus = "in_progress" | "completed" | "incomplete";

/** A message written by the model. */
export type OutputMessage = {
  type: "message";
  id: string;
  role: "assistant";
  status: ItemStatus;
  content: (OutputTextPart | RefusalPart)[];
};

/** What the model thought: raw text in `content`, and where a summary was asked for, `summary`. */
export type OutputReasoning = {
  type: "reasoning";
  id: string;
  status: ItemStatus;
  summary: { type: "summary_text"; text: string }[];
  content: { type: "reasoning_text"; text: string }[];
  /** The same text sealed, for callers that keep their context themselves; only where it was asked for. */
  encrypted_content?: string;
};

/** A chunk of a file that a search has found. */
export type FileSearchResult = z.infer<typeof fileSearchResult>;

/** A search of the server's own. `results` are stored with it; answers carry them only where `include` asks for them. */
export type OutputFileSearchCall = {
  type: "file_search_call";
  id: string;
  status: "in_progress" | "searching" | "completed" | "incomplete" | "failed";
  queries: string[];
  results: FileSearchResult[] | null;
};

/** What stands for the context before it, sealed. The API gives it no status. */
export type OutputCompaction = {
  type: "compaction";
  id: string;
  status?: undefined;
  encrypted_content: string;
};

/** An item the gateway produced. */
export type OutputItem =
  | OutputMessage
  | OutputReasoning
  | OutputClientCall
  | OutputFileSearchCall
  | OutputMcpItem
  | OutputHostedCall
  | OutputCodeInterpreterCall
  | OutputCompaction;
