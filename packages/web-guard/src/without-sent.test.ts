import fc from "fast-check";
import { expect, test } from "vitest";
import { SentKeys, withoutSent } from "./without-sent.ts";

const sent = {
  url: "https://docs.example.com/search?key=hunter2%2Fquery&page=2",
  headers: { authorization: "Bearer hunter3-token", "x-key": 'hunter4/"ä +', "x-team": "blue" },
  secrets: ["hunter5-body", "short"],
};

test.for([
  ["Bearer hunter3-token is not valid", "[removed] is not valid"],
  ["the token hunter3-token is not valid", "the token [removed] is not valid"],
  ["GET /search?key=hunter2%2Fquery&page=2", "GET /search?[removed]"],
  ["hunter2/query, hunter2%2Fquery, hunter2%2fquery", "[removed], [removed], [removed]"],
  ['hunter4/"ä + as it is', "[removed] as it is"],
  [JSON.stringify({ "x-key": 'hunter4/"ä +' }), '{"x-key":"[removed]"}'],
  ['{"x-key":"hunter4\\/\\"ä +"}', '{"x-key":"[removed]"}'],
  ["key=hunter4%2F%22%C3%A4%20%2B", "key=[removed]"],
  ["key=hunter4%2F%22%C3%A4+%2B", "key=[removed]"],
  ["key=hunter4%2f%22%c3%a4+%2b", "key=[removed]"],
  ["hunter5-body is too long", "[removed] is too long"],
  ["blue and short stay", "blue and short stay"],
] as const)("%j is told as %j", ([text, told]) => {
  expect(withoutSent(text, sent)).toBe(told);
});

test.for([
  ["Bearer", { authorization: "Bearer hunter3-token" }],
  ["please answer briefly", { "x-note": "please answer in a brief letter" }],
  ["application/json and text/html", { accept: "application/json", "content-type": "text/html" }],
  ["en-US,en", { "accept-language": "en-US,en" }],
  ["gateway/1.0", { "user-agent": "gateway/1.0" }],
] as const)("%j stays: it is no key", ([text, headers]) => {
  expect(withoutSent(text, { url: "https://docs.example.com/", headers })).toBe(text);
});

test.for([
  [
    "the session abc-123-def is over",
    { cookie: "theme=blue; session=abc-123-def" },
    "the session [removed] is over",
  ],
  ["as user:hunter6", { authorization: "Basic dXNlcjpodW50ZXI2" }, "as [removed]"],
  ["as dXNlcjpodW50ZXI2", { authorization: "Basic dXNlcjpodW50ZXI2" }, "as [removed]"],
] as const)("%j is told without what is in %j", ([text, headers, told]) => {
  expect(withoutSent(text, { url: "https://docs.example.com/", headers })).toBe(told);
});

test("what is no address has no query", () => {
  expect(withoutSent("a text of hunter1", { url: "nowhere", headers: { "x-key": "hunter1" } })).toBe(
    "a text of [removed]",
  );
});

test("a text is cut where no key is", () => {
  const keys = new SentKeys({ url: "", headers: { a: "abcabcab", b: "cabcde" } });
  const text = fc.array(fc.constantFrom("abcabcab", "cabcde", "ab", "c", "x")).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, fc.nat({ max: 60 }), (whole, at) => {
      const edge = keys.edgeBefore(whole, at);
      expect(edge).toBeLessThanOrEqual(at);
      // Whatever stands before it is found with and without the rest.
      for (const key of ["abcabcab", "cabcde"])
        for (let start = whole.indexOf(key); start >= 0; start = whole.indexOf(key, start + 1))
          expect(start >= edge || start + key.length <= edge).toBe(true);
      if (edge < Math.min(at, whole.length)) expect(whole.slice(edge)).toMatch(/^(?:abcabcab|cabcde)/);
    }),
  );
});
