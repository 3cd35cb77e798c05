import { expect, test } from "vitest";
import { RankedTexts } from "./rank-tools.ts";

const texts = [
  "send_mail\nSends an e-mail.",
  "listOrders\nLists orders of a customer.",
  "find customer by name",
  "",
];

test.each([
  ["orders", [1]],
  ["list orders", [1]],
  ["the customer's name", [2, 1]],
  ["mails", [0]],
  ["MAIL or customers", [0, 2, 1]],
  ["weather", []],
  ["", []],
])("%s is found where it stands, best first", (query, places) => {
  expect(new RankedTexts(texts).rank(query, 8)).toEqual(places);
});

test("no more are given than wanted", () => {
  expect(new RankedTexts(Array.from({ length: 50 }, () => "mail")).rank("mail", 3)).toEqual([0, 1, 2]);
  expect(new RankedTexts([]).rank("mail", 3)).toEqual([]);
});

test("texts and queries may be long: what is behind their beginning does not count", () => {
  const long = Array.from({ length: 200 }, (_, n) => `tool${n} ${"words and more words ".repeat(2000)}`);
  const ranked = new RankedTexts([...long, "weather"]);
  expect(ranked.rank(`${"more words ".repeat(5000)} weather`, 1)).toEqual([200]);
  const many = Array.from({ length: 64 }, (_, n) => `w${n}`).join(" ");
  expect(ranked.rank(`${many} weather`, 1)).toEqual([]);
});
