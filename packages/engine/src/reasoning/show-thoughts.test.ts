import { type Item, itemIdOf, type ReasoningItem, toInitialResponse, toStoredItem } from "@gateway/protocol";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plainSealer } from "../testing/engine-world.ts";
import { sealThought } from "./sealed-thought.ts";
import { showThoughts, tellThoughts } from "./show-thoughts.ts";

const seal = (text: string, { tenant = "acme", model = "m" } = {}) =>
  sealThought({ text, model, at: 1 }, tenant, plainSealer);

const show = (items: Item[], fields: object = {}) =>
  showThoughts(items, { model: "m", ...fields }, "acme", plainSealer);

const says = (role: "user" | "assistant" | "developer", text: string, id = `msg_${text}`): Item =>
  toStoredItem({ type: "message", role, content: text }, id);

function thought(fields: Partial<ReasoningItem>): ReasoningItem {
  return { type: "reasoning", id: "rs_1", summary: [], ...fields };
}

const raw = (text: string) => [{ type: "reasoning_text" as const, text }];
const brief = (text: string) => [{ type: "summary_text" as const, text }];
const removed = (reason: string, id = "rs_1") => ({ id, type: "reasoning", action: "removed", reason });

describe("a thought that comes back", () => {
  test.for<[string, Partial<ReasoningItem>, Partial<ReasoningItem>]>([
    ["sealed alone", { encrypted_content: seal("Hm.") }, { content: raw("Hm.") }],
    [
      "sealed, the rest null",
      { summary: null, content: null, encrypted_content: seal("Hm.") },
      { summary: null, content: raw("Hm.") },
    ],
    [
      "sealed and with a summary",
      { summary: brief("So."), encrypted_content: seal("Hm.") },
      { summary: brief("So."), content: raw("Hm.") },
    ],
    [
      "sealed, its text changed",
      { content: raw("Ha!"), encrypted_content: seal("Hm.") },
      { content: raw("Hm.") },
    ],
    ["in clear", { content: raw("Hm.") }, { content: raw("Hm.") }],
    ["with a seal of null", { content: raw("Hm."), encrypted_content: null }, { content: raw("Hm.") }],
    ["with an empty seal", { encrypted_content: "" }, {}],
    ["damaged, its text in clear", { content: raw("Hm."), encrypted_content: "x" }, { content: raw("Hm.") }],
    ["damaged, with a summary", { summary: brief("So."), encrypted_content: "x" }, { summary: brief("So.") }],
    [
      "another tenant's, its text in clear",
      { content: raw("Hm."), encrypted_content: seal("Ha!", { tenant: "b" }) },
      { content: raw("Hm.") },
    ],
  ])("%s is shown", ([, fields, shown]) => {
    expect(show([thought(fields)])).toEqual({ items: [thought(shown)], removed: [], context: "all_turns" });
  });

  test.for<[string, Partial<ReasoningItem>, string]>([
    ["another tenant's", { encrypted_content: seal("Hm.", { tenant: "b" }) }, "organization_mismatch"],
    [
      "another tenant's of another model",
      { encrypted_content: seal("Hm.", { tenant: "b", model: "n" }) },
      "organization_mismatch",
    ],
    ["damaged", { encrypted_content: seal("Hm.").slice(1) }, "organization_mismatch"],
    ["not sealed here", { content: raw(""), encrypted_content: "gAAAAABo" }, "organization_mismatch"],
    ["another model's", { encrypted_content: seal("Hm.", { model: "n" }) }, "model_mismatch"],
    [
      "another model's, its text in clear",
      { content: raw("Hm."), encrypted_content: seal("Hm.", { model: "n" }) },
      "model_mismatch",
    ],
  ])("%s is kept from the model, and that is told", ([, fields, reason]) => {
    expect(show([thought(fields)])).toMatchObject({ items: [], removed: [removed(reason)] });
  });
});

describe("thoughts of former turns", () => {
  const items = [
    thought({ id: "rs_0", content: raw("Before all.") }),
    says("user", "first"),
    thought({ id: "rs_1", content: raw("Old.") }),
    says("assistant", "one"),
    says("user", "second"),
    says("developer", "Be brief."),
    thought({ id: "rs_2", encrypted_content: seal("New.") }),
  ];
  const ids = (shown: { items: Item[] }) =>
    shown.items.flatMap(({ id, type }) => (type === "reasoning" ? [id] : []));

  test.for([undefined, null, "auto", "all_turns"] as const)("are shown with a context of %s", (context) => {
    const shown = show(items, { reasoning: { context } });
    expect(ids(shown)).toEqual(["rs_0", "rs_1", "rs_2"]);
    expect(shown).toMatchObject({ removed: [], context: "all_turns" });
  });

  test("are left out where only those of this turn are wanted, with nothing else", () => {
    const shown = show(items, { reasoning: { context: "current_turn" } });
    expect(shown.items).toEqual([
      ...items.filter(({ type }) => type === "message"),
      thought({ id: "rs_2", content: raw("New.") }),
    ]);
    expect(shown.removed).toEqual([removed("turn_boundary", "rs_0"), removed("turn_boundary", "rs_1")]);
    expect(shown.context).toBe("current_turn");
  });

  test("are those before the last message of a user, not before an output of a tool", () => {
    const call: Item = { type: "function_call", id: "fc_1", call_id: "c", name: "f", arguments: "{}" };
    const output: Item = { type: "function_call_output", id: "fco_1", call_id: "c", output: "x" };
    const turn = [says("user", "hi"), thought({ content: raw("Hm.") }), call, output];
    expect(show(turn, { reasoning: { context: "current_turn" } })).toMatchObject({
      items: turn,
      removed: [],
    });
    const summary = says("user", "what was done");
    const compacted = showThoughts(
      [...turn, summary, thought({ id: "rs_2", content: raw("So.") })],
      { model: "m", reasoning: { context: "current_turn" } },
      "acme",
      plainSealer,
      new Set([summary.id]),
    );
    expect(compacted.removed).toEqual([]);
    const none = [thought({ content: raw("Hm.") })];
    expect(show(none, { reasoning: { context: "current_turn" } })).toMatchObject({
      items: none,
      removed: [],
    });
  });
});

test("whatever comes back: the rest stays as it is, and each thought is either shown or told of", () => {
  const text = fc.string({ maxLength: 5 });
  const sealed = fc.oneof(
    fc.constantFrom(undefined, null, "", "v1.0123abcd.AAAA"),
    text,
    fc
      .tuple(text, fc.constantFrom("acme", "b"), fc.constantFrom("m", "n"))
      .map(([word, tenant, model]) => seal(word, { tenant, model })),
  );
  const item = fc.oneof(
    fc
      .record({ encrypted_content: sealed, content: fc.oneof(fc.constant(null), text.map(raw)) })
      .map(thought),
    fc
      .tuple(fc.constantFrom("user" as const, "assistant" as const), text)
      .map(([role, word]) => says(role, word)),
  );
  const contexts = fc.constantFrom(null, "auto" as const, "current_turn" as const, "all_turns" as const);
  fc.assert(
    fc.property(fc.array(item), contexts, (given, context) => {
      const items = given.map((each, n) => ({ ...each, id: itemIdOf("resp_1", "rs", n) }));
      const before = structuredClone(items);
      const shown = show(items, { reasoning: { context } });
      expect(items).toEqual(before);
      const gone = new Set(shown.removed.map(({ id }) => id));
      expect(shown.items.map(({ id }) => id)).toEqual(items.flatMap(({ id }) => (gone.has(id) ? [] : [id])));
      for (const each of shown.items) {
        if (each.type === "reasoning") expect(each).not.toHaveProperty("encrypted_content");
        else expect(items).toContainEqual(each);
      }
      expect(
        shown.removed.every(({ id }) => items.find((each) => each.id === id)?.type === "reasoning"),
      ).toBe(true);
    }),
  );
});

describe("a response that begins", () => {
  const begin = (reasoning?: { context: "auto" | "current_turn" }) =>
    toInitialResponse({ model: "m", input: [], ...(reasoning && { reasoning }) }, "resp_1", 1);

  test("says nothing where there is nothing to say", () => {
    expect(tellThoughts(begin(), { removed: [], context: "all_turns" })).toEqual(begin());
  });

  test("names what was removed, and the mode in force where one was named", () => {
    const { removed: gone } = show([thought({ encrypted_content: "x" })]);
    expect(tellThoughts(begin(), { removed: gone, context: "all_turns" })).toEqual({
      ...begin(),
      input_transformations: [removed("organization_mismatch")],
    });
    expect(
      tellThoughts(begin({ context: "auto" }), { removed: [], context: "all_turns" }).reasoning,
    ).toMatchObject({
      context: "all_turns",
      effort: null,
    });
  });
});
