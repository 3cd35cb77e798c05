import { badRequest, type Item, internal } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import type { ModelTurn } from "../model-backend.ts";
import { turnOf } from "../testing/turn-of.ts";
import { tokensOf, WordModel, type WordModelOptions } from "../testing/word-model.ts";
import { type LeftOut, TruncatingBackend } from "./truncating-backend.ts";

const signal = new AbortController().signal;
const speech = (count: number) => Array.from({ length: count }, (_, n) => `w${n}`).join(" ");
const say = (role: "user" | "assistant", words: number, id: string = role): Item => ({
  type: "message",
  id: `${id}_${words}`,
  role,
  content: speech(words),
});

/** So many exchanges of 40 tokens, and a last question. */
const talk = (exchanges: number): Item[] => [
  ...Array.from({ length: exchanges }, (_, n) => [
    say("user", 19, `u${n}`),
    say("assistant", 19, `a${n}`),
  ]).flat(),
  say("user", 9, "last"),
];

function open(options: WordModelOptions): { model: WordModel; backend: TruncatingBackend; told: LeftOut[] } {
  const model = new WordModel(options);
  const told: LeftOut[] = [];
  return { model, backend: new TruncatingBackend(model, (leftOut) => void told.push(leftOut)), told };
}

describe("a window that is known", () => {
  test("is filled with the newest of the context, leaving room for the answer", async () => {
    const { model, backend, told } = open({ window: 1_000 });
    await backend.open(turnOf(talk(60)), signal);
    const [sent] = model.sent as [ModelTurn];
    expect(tokensOf(sent)).toBeLessThanOrEqual(875);
    expect(tokensOf(sent)).toBeGreaterThan(875 * 0.85);
    expect(sent.items.at(-1)?.id).toBe("last_9");
    expect(told).toEqual([{ items: 121 - sent.items.length, of: 121 }]);
    expect(model.counts).toBeLessThanOrEqual(3);
  });

  test("is not counted against where the context is short for sure", async () => {
    const { model, backend, told } = open({ window: 100_000 });
    const turn = turnOf(talk(60));
    await backend.open(turn, signal);
    expect([model.counts, model.sent[0], told]).toEqual([0, turn, []]);
  });

  test("leaves the room that the caller asks for, as long as that is not most of it", async () => {
    const modest = open({ window: 1_000 });
    await modest.backend.open(turnOf(talk(60), { maxOutputTokens: 400 }), signal);
    expect(tokensOf(modest.model.sent[0] as ModelTurn)).toBeLessThanOrEqual(600);
    const careless = open({ window: 1_000 });
    await careless.backend.open(turnOf(talk(60), { maxOutputTokens: 4_000 }), signal);
    const sent = tokensOf(careless.model.sent[0] as ModelTurn);
    expect(sent).toBeLessThanOrEqual(500);
    expect(sent).toBeGreaterThan(400);
  });

  test("is told the caller as too short where what must stay is longer", async () => {
    const { model, backend } = open({ window: 300 });
    const items = [...talk(3), say("user", 400, "long")];
    await expect(backend.open(turnOf(items), signal)).rejects.toMatchObject({
      status: 400,
      code: "context_length_exceeded",
      param: "input",
      message: expect.stringContaining("300"),
    });
    expect(model.sent).toEqual([]);
  });

  test("is used without room for the answer where nothing else is left to drop", async () => {
    const { model, backend } = open({ window: 300 });
    await backend.open(turnOf([...talk(3), say("user", 280, "long")]), signal);
    expect(model.sent[0]?.items.map(({ id }) => id)).toEqual(["long_280"]);
  });

  test("is kept to with a margin where counts are estimates, and left to the server where they say too much", async () => {
    const { model, backend } = open({ window: 1_000, countsAs: 0.95 });
    await backend.open(turnOf(talk(60)), signal);
    expect(model.sent).toHaveLength(1);
    const high = open({ window: 300, countsAs: 2 });
    await high.backend.open(turnOf([...talk(3), say("user", 200, "long")]), signal);
    expect(high.model.sent[0]?.items).toHaveLength(1);
  });

  test("counts only what would be sent", async () => {
    const { model, backend } = open({ window: 1_000 });
    const turn = turnOf(talk(60));
    const { tokens, exact } = await backend.countFitted(turn, signal);
    await backend.open(turn, signal);
    expect([tokens, exact]).toEqual([tokensOf(model.sent[0] as ModelTurn), true]);
    expect(await backend.countTokens(turn, signal)).toEqual({ tokens: tokensOf(turn), exact: true });
    const short = turnOf(talk(1));
    expect(await backend.countFitted(short, signal)).toEqual({ tokens: tokensOf(short), exact: true });
  });
});

describe("a window that is not known", () => {
  test("is not asked about while the context fits", async () => {
    const { model, backend } = open({ window: 10_000, tellsWindow: false });
    const turn = turnOf(talk(60));
    await backend.open(turn, signal);
    expect([model.counts, model.sent]).toEqual([0, [turn]]);
  });

  test("is learnt from the server's refusal, for this turn and the next", async () => {
    const { model, backend } = open({ window: 1_000, tellsWindow: false, countsAs: 0.6 });
    await backend.open(turnOf(talk(60)), signal);
    expect(model.sent).toHaveLength(2);
    expect(tokensOf(model.sent[1] as ModelTurn)).toBeGreaterThan(600);
    await backend.open(turnOf(talk(61)), signal);
    expect(model.sent).toHaveLength(3);
  });

  test("is felt for where the refusal has no numbers, and at last only what must stay is sent", async () => {
    const refuse = () => "too long";
    const { model, backend } = open({ window: 700, tellsWindow: false, refuse });
    await backend.open(turnOf(talk(60)), signal);
    expect(model.sent.map((turn) => Math.round(tokensOf(turn) / 100))).toEqual([24, 14, 8, 0]);
    expect(model.counts).toBe(0);
  });

  test("ends in the server's own refusal where that is too long, too", async () => {
    const { model, backend, told } = open({ window: 300, tellsWindow: false, refuse: () => "too long" });
    const items = [...talk(20), say("user", 400, "long")];
    await expect(backend.open(turnOf(items), signal)).rejects.toMatchObject({
      message: "too long",
      code: "context_length_exceeded",
    });
    expect(model.sent).toHaveLength(4);
    expect(told).toEqual([]);
  });

  test("is not tried again where there is nothing to drop", async () => {
    const { model, backend } = open({ window: 300, tellsWindow: false });
    await expect(backend.open(turnOf([say("user", 400)]), signal)).rejects.toMatchObject({ status: 400 });
    expect(model.sent).toHaveLength(1);
  });
});

test("a server that minds the limit of the answer, too, gets the room it asks for", async () => {
  const model = new WordModel({ window: 1_000 });
  const strict = Object.assign(Object.create(model) as WordModel, {
    async open(turn: ModelTurn) {
      const asked = tokensOf(turn) + (turn.maxOutputTokens ?? 0);
      if (asked <= 1_000) return model.open(turn);
      model.sent.push(turn);
      throw badRequest(
        `This model's maximum context length is 1000 tokens. However, you requested ${asked} tokens`,
        { code: "context_length_exceeded", param: "input" },
      );
    },
    contextWindow: () => model.contextWindow(),
    countTokens: (turn: ModelTurn) => model.countTokens(turn),
  });
  await new TruncatingBackend(strict, () => {}).open(turnOf(talk(60), { maxOutputTokens: 800 }), signal);
  expect(model.sent).toHaveLength(2);
  expect(tokensOf(model.sent[1] as ModelTurn)).toBeGreaterThan(120);
});

test("other errors of the server pass as they are, at once", async () => {
  const model = new WordModel({ window: 1_000 });
  const error = internal("broken", { code: "upstream_error" });
  const broken = Object.assign(Object.create(model) as WordModel, {
    open: () => Promise.reject(error),
    contextWindow: async () => undefined,
  });
  await expect(new TruncatingBackend(broken, () => {}).open(turnOf(talk(2)), signal)).rejects.toBe(error);
});
