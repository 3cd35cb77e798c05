import { expect, test } from "vitest";
import { toLimitHeaders } from "./limit-headers.ts";

test("what an answer says of limits is picked out of its headers", () => {
  const limits = {
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-tokens": "149984",
    "x-ratelimit-reset": "6m0s",
  };
  expect(
    toLimitHeaders({ date: "x", "content-type": "text/event-stream", ...limits, "set-cookie": ["a"] }),
  ).toEqual(limits);
});

test("an answer that says nothing of limits has none", () => {
  expect(toLimitHeaders({ "content-type": "application/json", "retry-after": "7" })).toBeUndefined();
  expect(toLimitHeaders({})).toBeUndefined();
});

test("names and values that would be no headers of ours are left out", () => {
  const headers = {
    "x-ratelimit-limit": "é",
    "x-ratelimit-remaining": "1\u0000",
    "x-ratelimit-reset": "9".repeat(300),
    "x-ratelimit-twice": ["1", "2"],
    "x-ratelimit-limit-requests": "60",
  };
  expect(toLimitHeaders(headers)).toEqual({ "x-ratelimit-limit-requests": "60" });
});

test("no more than 32 are taken", () => {
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`x-ratelimit-n${n}`, "1"]));
  expect(Object.keys(toLimitHeaders(many) ?? {})).toHaveLength(32);
});
