import { expect, test } from "vitest";
import { OutputBudget } from "./output-budget.ts";
import { tokens } from "./testing/engine-world.ts";

test("what is written comes off the budget, but for what is exempt", () => {
  const response: { usage: ReturnType<typeof tokens> | null } = { usage: null };
  const budget = new OutputBudget(100, response, 10);
  expect(budget.left()).toBe(110);
  response.usage = tokens(5, 40);
  expect(budget.left()).toBe(70);
  budget.exempt(20);
  expect(budget.left()).toBe(90);
  expect(budget.spent).toBe(false);
  response.usage = tokens(5, 130);
  expect(budget.spent).toBe(true);
});

test("without a limit there is no end to it", () => {
  const budget = new OutputBudget(undefined, { usage: tokens(0, 1_000_000) });
  expect(budget.left()).toBeUndefined();
  expect(budget.spent).toBe(false);
});
