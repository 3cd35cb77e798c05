import { describe, test } from "vitest";
import { type PartName, type PartsStatus, partsStatus } from "./parts.ts";

/**
 * `describe` for tests that need real parts.
 *
 * Where a part is missing the group is left out, and the reports show it as skipped with the reason in its
 * title. With `CI` set it fails instead: there every part has to be present.
 *
 * @example
 * describeWith("envoy", "the full-duplex route", () => { test("streams", async () => { … }); });
 */
export function describeWith(needed: PartName | PartName[], title: string, body: () => void): void {
  const missing = missingParts([needed].flat(), partsStatus());
  if (missing === undefined) {
    describe(title, body);
  } else if (process.env.CI) {
    describe(title, () => {
      test("has the parts it needs", () => {
        throw new Error(missing);
      });
    });
  } else {
    describe.skip(`${title} [left out: ${missing}]`, body);
  }
}

/** Says which of the needed parts are missing and why; undefined when none is. */
export function missingParts(needed: readonly PartName[], status: PartsStatus): string | undefined {
  const reasons = needed.flatMap((name) => {
    const state = status.parts[name];
    return state.ready ? [] : [`${name}: ${state.reason}`];
  });
  return reasons.length === 0 ? undefined : reasons.join("; ");
}
