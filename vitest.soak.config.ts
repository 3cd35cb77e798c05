import { defineConfig } from "vitest/config";

/**
 * Long runs, by `npm run soak`: what shows only after many rounds. They take some minutes, one after the other, and are
 * no part of `npm test`. SOAK_SCALE=10 makes them ten times as long.
 */
export default defineConfig({
  test: {
    include: ["apps/gateway/e2e/soak/**/*.soak.ts"],
    globalSetup: ["packages/testkit/src/global-setup.ts"],
    testTimeout: 3_600_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 1,
  },
});
