import { createParser, type EventSourceMessage } from "eventsource-parser";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeEvent, typeOf } from "./encode-event.ts";
import type { ResponseEvent } from "./events.ts";
import { encodeEvents, encodeFrame, encodeRecorded, sseDone, ssePing } from "./sse.ts";
import { sampleStream } from "./testing/sample-streams.ts";

type TextDelta = Extract<ResponseEvent, { type: "response.output_text.delta" }>;

/** A text delta, by far the most frequent event. */
function textDelta(delta: string, fields: Partial<TextDelta> = {}): TextDelta {
  const place = { item_id: "msg_1", output_index: 0, content_index: 0 };
  return { type: "response.output_text.delta", sequence_number: 4, ...place, delta, logprobs: [], ...fields };
}

/** What an independent parser reads from the text. */
function parse(text: string): EventSourceMessage[] {
  const messages: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => messages.push(message) });
  parser.feed(text);
  return messages;
}

/** What a client reads of an event that was padded. */
function dataOf(event: ResponseEvent) {
  return JSON.parse(parse(encodeEvents([event], true))[0]?.data ?? "");
}

/** Text with line breaks, line separators, quotes, control characters and halves of surrogate pairs. */
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.constantFrom("\n", "\r\n", "\u2028\u2029", '"\\', "data: x\n\nevent: y", "\ud83d", "\0\u007f\ufeff", ""),
);

describe("events as server-sent events", () => {
  test.each([false, true])("are read back one for one by a parser (obfuscation %s)", (obfuscate) => {
    const events = sampleStream();
    const messages = parse(encodeEvents(events, obfuscate));
    expect(messages).toHaveLength(events.length);
    for (const [index, message] of messages.entries()) {
      const { obfuscation, ...event } = JSON.parse(message.data);
      expect(event).toEqual(events[index]);
      expect(message.event).toBe(event.type);
      expect(message.id).toBeUndefined();
      expect(typeof obfuscation).toBe(obfuscate && "delta" in event ? "string" : "undefined");
    }
  });

  test("survive any text", () => {
    fc.assert(
      fc.property(anyText, fc.boolean(), (delta, obfuscate) => {
        const event = textDelta(delta);
        const call: ResponseEvent = {
          type: "response.function_call_arguments.delta",
          sequence_number: 5,
          item_id: "fc_1",
          output_index: 1,
          delta,
        };
        const messages = parse(encodeEvents([event, call], obfuscate));
        expect(messages.map(({ data }) => JSON.parse(data))).toMatchObject([event, call]);
      }),
      { numRuns: 1000 },
    );
  });

  test("of an empty batch are nothing", () => {
    expect(encodeEvents([], true)).toBe("");
  });

  test("are closed by [DONE], and pings are comments", () => {
    const messages = parse(`${ssePing}${encodeEvents([textDelta("x")], false)}${ssePing}${sseDone}`);
    expect(messages.map(({ data }) => data)).toEqual([encodeEvent(textDelta("x")), "[DONE]"]);
    expect(messages.at(-1)?.event).toBeUndefined();
  });
});

describe("the JSON of one event", () => {
  test("says for text deltas what JSON.stringify says", () => {
    const numbers = fc.nat();
    fc.assert(
      fc.property(
        anyText,
        numbers,
        numbers,
        numbers,
        (delta, sequence_number, output_index, content_index) => {
          const event = textDelta(delta, { sequence_number, output_index, content_index });
          expect(JSON.parse(encodeEvent(event))).toEqual(JSON.parse(JSON.stringify(event)));
        },
      ),
    );
  });

  test("keeps logprobs", () => {
    const logprobs = [{ token: "x", logprob: -0.5, bytes: [120], top_logprobs: [] }];
    const event = textDelta("x", { logprobs });
    expect(JSON.parse(encodeEvent(event))).toEqual(event);
    expect(dataOf(event)).toMatchObject(event);
  });

  test("has no obfuscation unless it is asked for, and then on deltas only", () => {
    for (const event of sampleStream()) {
      expect("obfuscation" in JSON.parse(encodeEvent(event))).toBe(false);
      expect("obfuscation" in dataOf(event)).toBe("delta" in event);
    }
  });
});

describe("obfuscation", () => {
  /** Bytes on the wire. */
  function size(event: ResponseEvent): number {
    return Buffer.byteLength(encodeEvents([event], true));
  }

  const kinds: Record<string, (delta: string) => ResponseEvent> = {
    text: textDelta,
    arguments: (delta) => ({
      type: "response.function_call_arguments.delta",
      sequence_number: 5,
      item_id: "fc_1",
      output_index: 1,
      delta,
    }),
  };

  test.each(Object.entries(kinds))("fills %s deltas up to sizes that lie 16 bytes apart", (_name, make) => {
    const base = size(make(""));
    fc.assert(
      fc.property(anyText, (delta) => {
        const { obfuscation } = dataOf(make(delta));
        expect(obfuscation).toMatch(/^[A-Za-z0-9_-]{1,16}$/);
        expect((size(make(delta)) - base) % 16).toBe(0);
      }),
    );
  });

  test("hides how long a token is, also where its characters take several bytes or are escaped", () => {
    for (const unit of ["a", "é", "你", "\n", '"']) {
      const sizes = Array.from({ length: 65 }, (_, length) => size(textDelta(unit.repeat(length))));
      const bytes = Buffer.byteLength(JSON.stringify(unit)) - 2;
      expect(new Set(sizes).size, JSON.stringify(unit)).toBeLessThanOrEqual((64 * bytes) / 16 + 1);
    }
  });

  test("is the same whenever the event is sent, so that a stream that is read again is too", () => {
    for (const event of sampleStream()) {
      const recorded = [encodeEvent(event)];
      expect(typeOf(recorded[0] ?? "")).toBe(event.type);
      for (const obfuscate of [true, false]) {
        expect(encodeRecorded(recorded, obfuscate)).toBe(encodeEvents([event], obfuscate));
      }
    }
  });
});

describe("a message of a WebSocket", () => {
  test("is the data of the same server-sent event", () => {
    for (const event of sampleStream()) {
      for (const obfuscate of [true, false]) {
        expect(encodeFrame(event, obfuscate)).toBe(parse(encodeEvents([event], obfuscate))[0]?.data);
      }
    }
  });

  test("names its lane, and is padded with that", () => {
    const event = textDelta("hi");
    const text = encodeFrame(event, true, 'a"b');
    expect(JSON.parse(text)).toMatchObject({ ...event, stream_id: 'a"b', obfuscation: expect.any(String) });
    const longer = Buffer.byteLength(encodeFrame(textDelta("hi again, and again"), true, 'a"b'));
    expect((longer - Buffer.byteLength(text)) % 16).toBe(0);
    expect(JSON.parse(encodeFrame(event, false, "a"))).toEqual({ ...event, stream_id: "a" });
  });
});
