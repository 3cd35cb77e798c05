import { badRequest, internal, type Usage } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { say } from "../testing/engine-world.ts";
import { type Script, ScriptedModel } from "../testing/scripted-model.ts";
import { beginSummary, type SummaryTask } from "./summarize.ts";

const signal = new AbortController().signal;
const tooLong = badRequest("too long", { code: "context_length_exceeded" });
const notes = (text: string, output = 5): Script => [[say.text(text), say.usage(10, output)], [say.stop]];

/** A task for a model that plays these scripts, with what it was asked and what it cost. */
function toTask(scripts: Script[], fields: Partial<SummaryTask> = {}) {
  const model = new ScriptedModel(...scripts);
  const usages: Usage[] = [];
  const task: SummaryTask = {
    request: { model: "m" },
    backend: model,
    model: "served-m",
    earlier: "",
    passages: ["user: one", "assistant: two", "user: three"],
    room: Number.POSITIVE_INFINITY,
    tokens: 100,
    signal,
    onUsage: (usage) => void usages.push(usage),
    ...fields,
  };
  const asked = () => model.seen.map(({ turn }) => JSON.stringify(turn.items[0]));
  const records = () => asked().map((prompt) => /<record>\\n(.*)\\n<\/record>/.exec(prompt)?.[1]);
  return { task, model, usages, asked, records };
}

const summarize = async (task: SummaryTask) => (await beginSummary(task))();

describe("a summary", () => {
  test("is what the model writes, in one call where all fits", async () => {
    const { task, records, usages } = toTask([notes("  It is three. ")]);
    expect(await summarize(task)).toBe("It is three.");
    expect(records()).toEqual([String.raw`user: one\n\nassistant: two\n\nuser: three`]);
    expect(usages).toHaveLength(1);
  });

  test("tells of its server's limits at its first call alone", async () => {
    const told: object[] = [];
    const long = Array.from({ length: 8 }, (_, n) => `user: ${n} ${"word ".repeat(20)}`);
    const { task, model } = toTask([notes("a"), notes("b"), notes("c"), notes("d")], {
      passages: long,
      room: 100,
      tokens: 10,
      onLimits: (limits) => void told.push(limits),
    });
    await summarize(task);
    for (const [index, { turn }] of model.seen.entries()) turn.onLimits?.({ call: `${index}` });
    expect(model.seen.length).toBeGreaterThan(1);
    expect(told).toEqual([{ call: "0" }]);
  });

  test("goes on from earlier notes", async () => {
    const { task, asked } = toTask([notes("new")], { earlier: "old" });
    expect(await summarize(task)).toBe("new");
    expect(asked()[0]).toContain(String.raw`<notes>\nold\n</notes>`);
  });

  test("of what does not fit is taken in several, and every word is read once", async () => {
    const passages = Array.from({ length: 40 }, (_, n) => `user: ${n} ${"word ".repeat(20)}`);
    const count = 40;
    const scripts = Array.from({ length: count }, (_, n) => notes(`notes ${n}`));
    const { task, records, asked, usages } = toTask(scripts, { passages, room: 80 });
    expect(await summarize(task)).toBe(`notes ${asked().length - 1}`);
    expect(asked().length).toBeGreaterThan(4);
    expect(asked()[2]).toContain(String.raw`<notes>\nnotes 1\n</notes>`);
    const read = records().join(" ").replaceAll("\\n", " ").trim();
    expect(read.split(/\s+/)).toEqual(passages.join(" ").trim().split(/\s+/));
    expect(usages).toHaveLength(asked().length);
  });

  test("puts less into a call where the server finds it too long", async () => {
    const passages = ["user: word ".repeat(200)];
    const { task, model } = toTask(
      [tooLong, tooLong, notes("a"), notes("b"), notes("c"), notes("d"), notes("e")],
      {
        passages,
      },
    );
    expect(await summarize(task)).toMatch(/^[b-e]$/);
    const sizes = model.seen.map(({ turn }) => JSON.stringify(turn.items).length);
    expect(sizes[1]).toBeLessThan(sizes[0] ?? 0);
    expect(sizes[2]).toBeLessThan(sizes[1] ?? 0);
  });

  test("that the limit has cut is taken as it is", async () => {
    const { task } = toTask([[[say.text("half a"), say.length]]]);
    expect(await summarize(task)).toBe("half a");
  });

  test("that does not end is cut at some times its budget, and its call is ended", async () => {
    const script: Script = [...Array.from({ length: 5 }, () => [say.text("x".repeat(1000))]), "hang"];
    const { task, model } = toTask([script]);
    expect(await summarize(task)).toBe("x".repeat(1600));
    expect(model.seen[0]?.state).toBe("returned");
  });

  test("does not hold the model's thoughts", async () => {
    const { task } = toTask([[[say.reasoning("Hm."), say.text("Notes."), say.stop]]]);
    expect(await summarize(task)).toBe("Notes.");
  });
});

describe("no summary is to be had", () => {
  test("where the server refuses the first call: it is told at once", async () => {
    const broken = internal("down");
    await expect(beginSummary(toTask([broken]).task)).rejects.toBe(broken);
  });

  test("where even little is too long", async () => {
    const passages = ["word ".repeat(1000)];
    const { task, model } = toTask(Array(20).fill(tooLong), { passages });
    await expect(beginSummary(task)).rejects.toBe(tooLong);
    expect(model.seen.length).toBeLessThan(8);
  });

  test("where the context is too long by far, without a call of the model", async () => {
    const { task, model } = toTask([], { passages: ["word ".repeat(10_000)], room: 70 });
    await expect(beginSummary(task)).rejects.toMatchObject({ status: 400, code: "context_length_exceeded" });
    expect(model.seen).toEqual([]);
  });

  test("where the server lets so little through that it takes too many calls", async () => {
    const { task, model } = toTask(Array(20).fill(tooLong), { passages: ["word ".repeat(40_000)] });
    await expect(beginSummary(task)).rejects.toMatchObject({ status: 400, code: "context_length_exceeded" });
    expect(model.seen.length).toBeLessThan(9);
  });

  test("where the model says nothing, or breaks off", async () => {
    await expect(summarize(toTask([[[say.text(" "), say.stop]]]).task)).rejects.toMatchObject({
      code: "compaction_failed",
    });
    await expect(summarize(toTask([[[say.text("No")]]]).task)).rejects.toMatchObject({
      code: "upstream_cut",
    });
  });
});
