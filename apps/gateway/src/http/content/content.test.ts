import { describe, expect, test } from "vitest";
import { parseRange } from "./byte-range.ts";
import { renderAttachment } from "./content-disposition.ts";
import { contentTypeOf } from "./content-type.ts";
import { matchesAny } from "./entity-tag.ts";
import { trackBody } from "./track-body.ts";

describe("the name under which content is saved", () => {
  test.for([
    ["a b.txt", 'attachment; filename="a b.txt"'],
    ['say "x".txt', "attachment; filename=\"say _x_.txt\"; filename*=UTF-8''say%20%22x%22.txt"],
    ["100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"],
    ["naïve (1).txt", "attachment; filename=\"na_ve (1).txt\"; filename*=UTF-8''na%C3%AFve%20%281%29.txt"],
    ["😀\ud800.txt", "attachment; filename=\"__.txt\"; filename*=UTF-8''%F0%9F%98%80%EF%BF%BD.txt"],
  ] as const)("%s", ([name, header]) => {
    expect(renderAttachment(name)).toBe(header);
    expect(header).toMatch(/^[\x20-\x7e]*$/);
  });
});

describe("the type of content", () => {
  test.for([
    ["a.TXT", "assistants", "text/plain"],
    ["a.json", "user_data", "application/json"],
    ["noname", "batch", "application/jsonl"],
    ["a.html", "assistants", "application/octet-stream"],
    ["a.svg", "vision", "application/octet-stream"],
    ["a.js", "assistants", "application/octet-stream"],
    ["a.html", "batch", "application/octet-stream"],
    ["a.constructor", "assistants", "application/octet-stream"],
    ["a", "assistants", "application/octet-stream"],
  ] as const)("of %s for %s is %s", ([name, purpose, type]) => {
    expect(contentTypeOf(name, purpose)).toBe(type);
  });
});

describe("a range of 10 bytes", () => {
  test.for([
    [undefined, undefined],
    ["bytes=0-3", { start: 0, end: 3 }],
    ["bytes=4-", { start: 4, end: 9 }],
    ["bytes=-3", { start: 7, end: 9 }],
    ["bytes=-30", { start: 0, end: 9 }],
    ["bytes=2-100", { start: 2, end: 9 }],
    ["Bytes = 9-9", { start: 9, end: 9 }],
    ["bytes=10-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=3-2", undefined],
    ["bytes=0-1,4-5", undefined],
    ["bytes=-", undefined],
    ["lines=0-3", undefined],
    ["bytes=99999999999999999999-", "unsatisfiable"],
  ] as const)("%s", ([header, range]) => {
    expect(parseRange(header, 10)).toEqual(range);
  });

  test("nothing of an empty file can be asked for", () => {
    expect([parseRange("bytes=0-", 0), parseRange("bytes=-1", 0)]).toEqual([
      "unsatisfiable",
      "unsatisfiable",
    ]);
  });
});

test("a tag matches itself, its weak form, and any", () => {
  expect(['"a"', 'W/"a"', '"b", "a"', "*"].map((header) => matchesAny(header, '"a"'))).toEqual(
    Array(4).fill(true),
  );
  expect([undefined, '"b"', "a", ""].map((header) => matchesAny(header, '"a"'))).toEqual(
    Array(4).fill(false),
  );
});

describe("a body that is passed on", () => {
  test("is read only as its reader reads, and counted", async () => {
    let pulled = 0;
    const source = new ReadableStream<Uint8Array>(
      { pull: (controller) => controller.enqueue(new Uint8Array(++pulled)) },
      { highWaterMark: 0 },
    );
    const counted: number[] = [];
    const { body, over } = trackBody(
      source,
      (bytes) => counted.push(bytes),
      () => {},
    );
    const reader = body.getReader();
    await reader.read();
    await reader.read();
    await new Promise(setImmediate);
    expect([pulled, counted]).toEqual([2, [1, 2]]);
    await reader.cancel();
    await over;
  });

  test("tells of a source that fails", async () => {
    const failures: unknown[] = [];
    const error = new Error("gone");
    const source = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(error) });
    const { body, over } = trackBody(
      source,
      () => {},
      (failure) => failures.push(failure),
    );
    await expect(new Response(body).text()).rejects.toThrow("gone");
    await over;
    expect(failures).toEqual([error]);
  });
});
