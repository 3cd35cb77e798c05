import { expect, test } from "vitest";
import { fromModelList } from "./from-model-list.ts";

test("a list of OpenAI's form is read; fields that clients have no use for are left out", () => {
  const data = [
    { id: "a", object: "model", created: 7, owned_by: "x", max_model_len: 4096, root: "/srv/models/a" },
    { object: "model" },
  ];
  expect(fromModelList({ object: "list", data }, "b")).toEqual([
    { id: "a", object: "model", created: 7, owned_by: "x", max_model_len: 4096 },
  ]);
});

test("a bare list is read, and what is missing is filled in", () => {
  expect(fromModelList([{ id: "a" }], "b")).toEqual([
    { id: "a", object: "model", created: 0, owned_by: "b" },
  ]);
});

test("no models may be said with null", () => {
  expect(fromModelList({ object: "list", data: null }, "b")).toEqual([]);
});

test.each([undefined, null, {}, "x", { data: {} }])("%j is no list", (body) => {
  expect(fromModelList(body, "b")).toBeUndefined();
});
