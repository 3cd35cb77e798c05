import { expect, test } from "vitest";
import { addUsage, noUsage } from "./usage.ts";

test("nothing added to a count leaves it as it is", () => {
  const usage = {
    input_tokens: 1,
    input_tokens_details: { cached_tokens: 2, cache_write_tokens: 3 },
    output_tokens: 4,
    output_tokens_details: { reasoning_tokens: 5 },
    total_tokens: 6,
  };
  expect(addUsage(usage, noUsage)).toEqual(usage);
  expect(addUsage(noUsage, usage)).toEqual(usage);
});
