import { expect, test } from "vitest";
import { renderVector, vectorOf } from "./scripted-vector.ts";

test("a text has one vector of 384 numbers, as numbers and as JSON", () => {
  const vector = vectorOf("a text");
  expect(vector).toHaveLength(384);
  expect(vectorOf("a text")).toEqual(vector);
  const parsed = JSON.parse(renderVector("a text")) as number[];
  expect(parsed).toHaveLength(384);
  for (const [at, value] of parsed.entries()) expect(value).toBeCloseTo(vector[at] ?? Number.NaN, 2);
});

test("vectors of different texts point in different directions", () => {
  const [a, b] = ["a text", "another text"].map(vectorOf) as [Float32Array, Float32Array];
  const product = (x: Float32Array, y: Float32Array): number =>
    x.reduce((sum, value, at) => sum + value * (y[at] ?? 0), 0);
  const cosine = product(a, b) / Math.sqrt(product(a, a) * product(b, b));
  expect(Math.abs(cosine)).toBeLessThan(0.3);
});
