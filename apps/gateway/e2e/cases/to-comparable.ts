import type { RecordedRequest } from "@gateway/testkit";

/**
 * A value without what differs from one run to the next: ids are replaced by the order in which they appear, times and
 * what is sealed by a word, and padding is left out; so is what keeps a text of the web apart from all others. `model` is the name that only this run's model has.
 */
export function toComparable(value: unknown, model: string): unknown {
  const names = new Map<string, string>();
  const name = (id: string, prefix: string): string => {
    const known = names.get(id) ?? `${prefix} ${names.size + 1}`;
    names.set(id, known);
    return known;
  };
  const text = JSON.stringify(value, (key, part) => {
    if (key === "obfuscation") return undefined;
    if (key.endsWith("_at") && typeof part === "number") return "some time";
    return key === "encrypted_content" && typeof part === "string" ? "sealed" : part;
  });
  const bare = text
    .replaceAll(model, "its model")
    .replace(/\b([a-z]+)[_-][0-9a-f]{32,}\b/g, name)
    .replace(/-----web text [0-9a-f]+-----/g, "-----web text-----");
  return JSON.parse(bare);
}

/** A call of the model: the body as it was sent, and what is mostly looked at in it. */
export function toAsked({ body }: RecordedRequest): object {
  const messages = body.messages ?? [];
  return {
    ...body,
    /** Names of the functions that the model was offered. */
    offered: (body.tools ?? []).map((tool) => tool.function.name),
    /** Who says what, in order. */
    roles: messages.map(({ role }) => role).join(" "),
    /** What the model is told of its calls. */
    shown: messages.flatMap(({ role, content }) => (role === "tool" ? [content] : [])),
  };
}
