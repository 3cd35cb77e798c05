import type { ResponseRecord } from "@gateway/engine";
import {
  type ConversationObject,
  type Item,
  itemIdOf,
  newId,
  type OutputItem,
  type ResponseStatus,
  toInitialResponse,
} from "@gateway/protocol";
import type { Store } from "../store.ts";

/** What {@link sampleRecord} makes; everything else is the same in all samples. */
export interface SampleRecord {
  id?: string;
  status?: ResponseStatus;
  previous?: string;
  conversation?: string;
  /** The user's words, one message each. */
  input?: string[];
  /** The answer; null for a response without output. */
  answer?: string | null;
  /** Ids the caller gave its messages, by their place. */
  inputIds?: string[];
}

/** A response of one turn, with ids as the engine gives them. */
export function sampleRecord(sample: SampleRecord = {}): ResponseRecord {
  const { input = ["question"], answer = "answer", status = "completed" } = sample;
  const id = sample.id ?? newId("resp");
  const items = input.map((text, ordinal) =>
    sampleItem(text, sample.inputIds?.[ordinal] ?? itemIdOf(id, "msg", ordinal)),
  );
  const response = toInitialResponse({ model: "sample", input: items }, id, 1_700_000_000);
  response.status = status;
  response.previous_response_id = sample.previous ?? null;
  response.conversation = sample.conversation === undefined ? null : { id: sample.conversation };
  if (answer !== null) response.output = [sampleAnswer(itemIdOf(id, "msg", input.length), answer)];
  return { response, input: items };
}

/** A message of the user. */
export function sampleItem(text: string, id: string = newId("msg")): Item {
  return { type: "message", id, role: "user", content: [{ type: "input_text", text }] };
}

/** A new conversation. */
export function sampleConversation(metadata: Record<string, string> = {}): ConversationObject {
  return { id: newId("conv"), object: "conversation", created_at: 1_700_000_000, metadata };
}

/** The words of items, in their order: what most tests compare. */
export function textsOf(items: readonly Item[] | undefined): string[] | undefined {
  return items?.map((item) => {
    if (item.type !== "message") return item.type;
    if (typeof item.content === "string") return item.content;
    return item.content.map((part) => ("text" in part ? part.text : part.type)).join("");
  });
}

function sampleAnswer(id: string, text: string): OutputItem {
  const part = { type: "output_text" as const, text, annotations: [], logprobs: [] };
  return { type: "message", id, status: "completed", role: "assistant", content: [part] };
}

/** One item by its id, or undefined. */
export async function findItem(store: Store, tenant: string, itemId: string): Promise<Item | undefined> {
  return (await store.responses.findItems(tenant, [itemId])).get(itemId);
}
