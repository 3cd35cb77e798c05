import { expect, test } from "vitest";
import { rankTexts } from "./rank-tools.ts";

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
  expect(rankTexts(texts, query, 8)).toEqual(places);
});

test("no more are given than wanted", () => {
  expect(
    rankTexts(
      Array.from({ length: 50 }, () => "mail"),
      "mail",
      3,
    ),
  ).toEqual([0, 1, 2]);
  expect(rankTexts([], "mail", 3)).toEqual([]);
});
