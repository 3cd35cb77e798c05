import { describe, expect, test } from "vitest";
import type { ResponseEvent } from "./events.ts";
import { checkStream, GrammarError, type GrammarRule, StreamChecker } from "./grammar.ts";
import { cutStream, ending, number, opening, sampleStream } from "./testing/sample-streams.ts";
import { cut, find, mutations, set } from "./testing/stream-mutations.ts";

/** The rule that a stream breaks, or undefined for a legal one. */
function brokenRule(events: Iterable<ResponseEvent>): GrammarRule | undefined {
  try {
    checkStream(events);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof GrammarError) return thrown.rule;
    throw thrown;
  }
}

describe("a legal stream passes", () => {
  test("with every event the server emits", () => {
    expect(() => checkStream(sampleStream())).not.toThrow();
  });

  test("when it ends incomplete or failed, with its items cut off", () => {
    expect(() => checkStream(cutStream("incomplete"))).not.toThrow();
    expect(() => checkStream(cutStream("failed"))).not.toThrow();
  });

  test("when it has no items at all", () => {
    const events = number([...opening(), { type: "response.completed", response: ending("completed", []) }]);
    expect(() => checkStream(events)).not.toThrow();
  });

  test("when it failed after all its items were completed", () => {
    const events = sampleStream();
    const { output } = find(events, "response.completed").response;
    cut(events, "response.completed");
    const last = { type: "response.failed" as const, response: ending("failed", output) };
    expect(() => checkStream(number([...events, last]))).not.toThrow();
  });

  test("when its deltas carry obfuscation", () => {
    const events = sampleStream();
    set(find(events, "response.output_text.delta"), "obfuscation", "abc");
    expect(() => checkStream(events)).not.toThrow();
  });

  test("when it has no deltas", () => {
    const events = cutStream("incomplete");
    cut(events, "response.output_text.delta");
    set(find(events, "response.output_text.done"), "text", "");
    const part = { type: "output_text", text: "", annotations: [], logprobs: [] };
    set(find(events, "response.content_part.done"), "part", part);
    set(find(events, "response.output_item.done").item, "content", [part]);
    set(find(events, "response.incomplete").response.output[0] as object, "content", [part]);
    expect(() => checkStream(number(events))).not.toThrow();
  });
});

describe("an illegal stream is refused", () => {
  test.each(mutations)("%s (%s)", (_name, rule, mutate) => {
    const events = sampleStream();
    mutate(events);
    expect(brokenRule(number(events))).toBe(rule);
  });

  test("numbers that do not start at 0, leave one out or repeat (sequence)", () => {
    const shifted = sampleStream().map((event) => ({ ...event, sequence_number: event.sequence_number + 1 }));
    expect(brokenRule(shifted)).toBe("sequence");
    const gap = sampleStream();
    set(gap[7] as object, "sequence_number", 8);
    expect(brokenRule(gap)).toBe("sequence");
    const repeated = sampleStream();
    set(repeated[7] as object, "sequence_number", 6);
    expect(brokenRule(repeated)).toBe("sequence");
    const missing = sampleStream();
    set(missing[0] as object, "sequence_number", undefined);
    expect(brokenRule(missing)).toBe("sequence");
  });

  test.each([
    ["incomplete", "response.incomplete", "incomplete_details", null],
    ["incomplete", "response.incomplete", "completed_at", 1],
    ["incomplete", "response.incomplete", "error", { code: "x", message: "x" }],
    ["failed", "response.failed", "error", null],
    ["failed", "response.failed", "completed_at", 1],
    ["failed", "response.failed", "incomplete_details", { reason: "content_filter" }],
  ] as const)("an %s stream whose %s has a wrong %s (status)", (outcome, type, field, value) => {
    const events = cutStream(outcome);
    set(find(events, type).response, field, value);
    expect(brokenRule(events)).toBe("status");
  });

  test("every stream that lacks one event", () => {
    const length = sampleStream().length;
    for (let index = 0; index < length; index++) {
      const events = sampleStream();
      const [removed] = events.splice(index, 1);
      expect(brokenRule(number(events)), `without ${removed?.type} at ${index}`).toBeDefined();
    }
  });

  test("every stream with one event doubled", () => {
    const length = sampleStream().length;
    for (let index = 0; index < length; index++) {
      const events = sampleStream();
      const doubled = structuredClone(events[index] as ResponseEvent);
      events.splice(index, 0, doubled);
      expect(brokenRule(number(events)), `with ${doubled.type} twice at ${index}`).toBeDefined();
    }
  });

  test("every stream that stops early", () => {
    const whole = sampleStream();
    for (let length = 0; length < whole.length; length++) {
      expect(brokenRule(whole.slice(0, length)), `after ${length} events`).toBe("last");
    }
  });
});

describe("a checker", () => {
  test("names the event, its place and the rule", () => {
    const events = sampleStream();
    set(find(events, "response.output_text.done"), "text", "Hella");
    const place = events.indexOf(find(events, "response.output_text.done"));
    expect(() => checkStream(events)).toThrowError(
      `sum: event ${place} (response.output_text.done): the done text is "Hella", expected "Hello"`,
    );
  });

  test("takes events one by one and lets a cut stream be", () => {
    const checker = new StreamChecker();
    for (const event of sampleStream().slice(0, 10)) checker.push(event);
    expect(() => checker.end()).toThrowError(GrammarError);
  });

  test("notices an item that is changed after it was done, though it is the same object", () => {
    const events = sampleStream();
    const done = find(events, "response.output_item.done", 1);
    const terminal = find(events, "response.completed");
    terminal.response.output[1] = done.item;
    const checker = new StreamChecker();
    for (const event of events) {
      if (event === terminal) set(done.item, "content", []);
      if (event !== terminal) checker.push(event);
    }
    expect(() => checker.push(terminal)).toThrowError(/^snapshot: /);
  });

  test("refuses what is no object", () => {
    const checker = new StreamChecker();
    expect(() => checker.push(null as unknown as ResponseEvent)).toThrowError(/^shape: /);
    expect(() => checker.push("x" as unknown as ResponseEvent)).toThrowError(/^shape: /);
  });
});
