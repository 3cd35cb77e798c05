import type { Item } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { ConnectionMemory, ContextCache } from "./context-cache.ts";

const context = (text: string): Item[] => [{ type: "message", id: "msg_1", role: "user", content: text }];
/** A context whose JSON has about this many characters. */
const large = (size: number) => context("x".repeat(size));

const open = (cache = new ContextCache(1_000_000), limit = 1_000_000) => new ConnectionMemory(cache, limit);

describe("what a connection remembers", () => {
  test("is the last of each lane, for all lanes", () => {
    const memory = open();
    const [one, two] = [memory.ofLane(undefined), memory.ofLane("b")];
    one.set("resp_1", context("1"));
    two.set("resp_2", context("2"));
    expect(two.get("resp_1")).toEqual(context("1"));
    one.set("resp_3", context("3"));
    expect(one.get("resp_1")).toBeUndefined();
    expect(one.get("resp_2")).toEqual(context("2"));
  });

  test("is not changed by whoever has it", () => {
    const lane = open().ofLane("a");
    const given = context("1");
    lane.set("resp_1", given);
    given.pop();
    (lane.get("resp_1") as Item[]).pop();
    expect(lane.get("resp_1")).toEqual(context("1"));
  });

  test("is forgotten by name, and then does not end with another", () => {
    const memory = open();
    const lane = memory.ofLane("a");
    lane.set("resp_1", context("1"));
    memory.forget("resp_1");
    memory.forget("resp_none");
    expect(lane.get("resp_1")).toBeUndefined();
    lane.set("resp_2", context("2"));
    expect(lane.get("resp_2")).toEqual(context("2"));
  });

  test("is no more than its room: what was not used for longest goes first", () => {
    const memory = open(new ContextCache(1_000_000), 2_500);
    for (const lane of ["a", "b"]) memory.ofLane(lane).set(`resp_${lane}`, large(1_000));
    memory.ofLane("a").get("resp_a");
    memory.ofLane("c").set("resp_c", large(1_000));
    const kept = ["a", "b", "c"].filter((lane) => memory.ofLane(lane).get(`resp_${lane}`) !== undefined);
    expect(kept).toEqual(["a", "c"]);
    memory.ofLane("d").set("resp_d", large(5_000));
    expect(memory.ofLane("d").get("resp_d")).toBeUndefined();
  });

  test("is bounded in number, however many lanes are named", () => {
    const memory = open();
    for (let n = 0; n < 200; n++) memory.ofLane(`lane ${n}`).set(`resp_${n}`, context("1"));
    const kept = Array.from({ length: 200 }, (_, n) => memory.ofLane("a").get(`resp_${n}`)).filter(Boolean);
    expect(kept).toHaveLength(64);
  });

  test("shares its room with other connections, and gives it back when it is closed", () => {
    const cache = new ContextCache(2_500);
    const [one, two, three] = [open(cache), open(cache), open(cache)];
    one.ofLane("a").set("resp_1", large(1_000));
    two.ofLane("a").set("resp_2", large(1_000));
    one.ofLane("a").get("resp_1");
    three.ofLane("a").set("resp_3", large(1_000));
    expect(two.ofLane("a").get("resp_2")).toBeUndefined();
    one.close();
    two.ofLane("a").set("resp_4", large(1_000));
    expect(three.ofLane("a").get("resp_3")).toEqual(large(1_000));
    expect(two.ofLane("a").get("resp_4")).toEqual(large(1_000));
    one.ofLane("a").set("resp_5", large(1));
    expect(one.ofLane("a").get("resp_5")).toBeUndefined();
  });
});
