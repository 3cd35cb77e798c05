import { toConversationItems } from "@gateway/engine";
import {
  type ConversationObject,
  createConversation,
  createItems,
  type Item,
  newId,
  notFound,
  pageQuery,
  toListObject,
  toVisibleItem,
  updateConversation,
  validate,
} from "@gateway/protocol";
import type { AppContext, AppDeps } from "../context.ts";
import { readInclude } from "../read-include.ts";
import { readJson, readOptionalJson } from "../read-json.ts";
import type { Handler } from "../route-table.ts";

/** `POST /v1/conversations`. */
export function create({ config, engine }: AppDeps): Handler {
  return async (c) => {
    const body = validate(createConversation, (await readOptionalJson(c, config.requests)) ?? {});
    const conversation: ConversationObject = {
      id: newId("conv"),
      object: "conversation",
      created_at: Math.floor(engine.now() / 1000),
      metadata: body.metadata ?? {},
    };
    const items = await toConversationItems(body.items ?? [], c.get("tenant"), engine.responses);
    await engine.conversations.create(c.get("tenant"), conversation, items);
    return c.json(conversation);
  };
}

/** `GET /v1/conversations/{id}`. */
export function retrieve({ engine }: AppDeps): Handler {
  return async (c) => {
    const conversation = await engine.conversations.get(c.get("tenant"), idOf(c));
    if (!conversation) throw unknownConversation(c);
    return c.json(conversation);
  };
}

/** `POST /v1/conversations/{id}`: replaces the metadata. */
export function update({ config, engine }: AppDeps): Handler {
  return async (c) => {
    const body = validate(updateConversation, await readJson(c, config.requests));
    const conversation = await engine.conversations.update(c.get("tenant"), idOf(c), body.metadata ?? {});
    if (!conversation) throw unknownConversation(c);
    return c.json(conversation);
  };
}

/** `DELETE /v1/conversations/{id}`. Responses made in it stay. */
export function remove({ engine }: AppDeps): Handler {
  return async (c) => {
    if (!(await engine.conversations.delete(c.get("tenant"), idOf(c)))) throw unknownConversation(c);
    return c.json({ id: idOf(c), object: "conversation.deleted", deleted: true });
  };
}

/** `GET /v1/conversations/{id}/items`, paged, newest first unless asked otherwise. */
export function listItems({ engine }: AppDeps): Handler {
  return async (c) => {
    const query = validate(pageQuery, c.req.query());
    const page = await engine.conversations.page(c.get("tenant"), idOf(c), query);
    if (page) return c.json(toListObject({ ...page, data: page.data.map(visible(c)) }));
    if (!(await engine.conversations.get(c.get("tenant"), idOf(c)))) throw unknownConversation(c);
    throw notFound(`Item with id '${query.after}' not found.`, { param: "after" });
  };
}

/** `POST /v1/conversations/{id}/items`: appends, and answers with what was added, in that order. */
export function addItems({ config, engine }: AppDeps): Handler {
  return async (c) => {
    const body = validate(createItems, await readJson(c, config.requests));
    const show = visible(c);
    const items = await toConversationItems(body.items, c.get("tenant"), engine.responses);
    const added = await engine.conversations.append(c.get("tenant"), idOf(c), items);
    if (!added) throw unknownConversation(c);
    return c.json(toListObject({ data: added.map(show), hasMore: false }));
  };
}

/** `GET /v1/conversations/{id}/items/{item}`. */
export function retrieveItem({ engine }: AppDeps): Handler {
  return async (c) => {
    const item = await engine.conversations.getItem(c.get("tenant"), idOf(c), itemOf(c));
    if (!item) throw unknownItem(c);
    return c.json(visible(c)(item));
  };
}

/** `DELETE /v1/conversations/{id}/items/{item}`: answers with the conversation. */
export function removeItem({ engine }: AppDeps): Handler {
  return async (c) => {
    if (!(await engine.conversations.deleteItem(c.get("tenant"), idOf(c), itemOf(c)))) throw unknownItem(c);
    const conversation = await engine.conversations.get(c.get("tenant"), idOf(c));
    if (!conversation) throw unknownConversation(c);
    return c.json(conversation);
  };
}

/** How an answer shows an item; the query's `include` says whether in full. */
function visible(c: AppContext): (item: Item) => Item {
  const include = readInclude(c);
  return (item) => toVisibleItem(item, include);
}

function idOf(c: AppContext): string {
  return c.req.param("id") ?? "";
}

function itemOf(c: AppContext): string {
  return c.req.param("item") ?? "";
}

function unknownConversation(c: AppContext) {
  return notFound(`Conversation with id '${idOf(c)}' not found.`);
}

function unknownItem(c: AppContext) {
  return notFound(`Item with id '${itemOf(c)}' not found in conversation '${idOf(c)}'.`);
}
