import * as z from "zod";
import { metadata } from "./attributes.ts";
import { inputItem } from "./items.ts";
import { listOf } from "./list-of.ts";

/** Body of `POST /v1/conversations`. */
export const createConversation = z.looseObject({
  items: listOf(inputItem, { max: 20 }).nullish(),
  metadata: metadata.nullish(),
});

/** Body of `POST /v1/conversations/{id}`. */
export const updateConversation = z.looseObject({ metadata: metadata.nullable() });

/** Body of `POST /v1/conversations/{id}/items`. */
export const createItems = z.looseObject({ items: listOf(inputItem, { min: 1, max: 20 }) });

/** The Conversation object. */
export interface ConversationObject {
  id: string;
  object: "conversation";
  /** Unix time in seconds. */
  created_at: number;
  metadata: Record<string, string>;
}
