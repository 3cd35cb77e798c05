import { describe, expect, test } from "vitest";
import { openEventCounter } from "./event-counter.ts";

describe("the event counter", () => {
  const text = Buffer.from('{"type":"x.delta","i":1}\n{"type":"x.delta","i":2}\n{"type":"x.done"}');

  test("counts each marker once, wherever the body is cut in two", () => {
    for (let cut = 0; cut <= text.length; cut += 1) {
      const counter = openEventCounter('x.delta"');
      const found = counter.feed(text.subarray(0, cut)) + counter.feed(text.subarray(cut));
      expect(found, `cut at ${cut}`).toBe(2);
    }
  });

  test("counts in a body that comes in very small pieces", () => {
    for (let size = 1; size < 9; size += 1) {
      const counter = openEventCounter('x.delta"');
      let found = 0;
      for (let at = 0; at < text.length; at += size) found += counter.feed(text.subarray(at, at + size));
      expect(found, `pieces of ${size}`).toBe(2);
    }
  });

  test("says in which chunk a marker ended", () => {
    const counter = openEventCounter("marker");
    expect(counter.feed(Buffer.from("a mark"))).toBe(0);
    expect(counter.feed(Buffer.from("er and a marker"))).toBe(2);
    expect(counter.feed(Buffer.from(" and nothing more"))).toBe(0);
  });
});
