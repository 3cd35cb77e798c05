import { defineConfig } from "vitest/config";

/**
 * Tests that take long for what they are, by `npm run test:long`: code that tries to get out of its sandbox, processes
 * that are killed again and again. `npm test` has shorter ones of the same kind.
 */
export default defineConfig({
  test: {
    include: ["{apps,packages}/**/*.long.test.ts"],
    globalSetup: ["packages/testkit/src/global-setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
