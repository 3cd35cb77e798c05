import { expect, test } from "vitest";
import { withoutSent } from "./without-sent.ts";

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

test("what is no address has no query", () => {
  expect(withoutSent("a text of hunter1", { url: "nowhere", headers: { "x-key": "hunter1" } })).toBe(
    "a text of [removed]",
  );
});
