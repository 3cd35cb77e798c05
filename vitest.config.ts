import { defineConfig } from "vitest/config";

/** All tests of the workspace. Each test starts what it needs on port 0, so files may run side by side. */
export default defineConfig({
  test: {
    include: ["{apps,packages,bench}/**/*.test.ts", "examples/**/*.test.ts"],
    // By `npm run test:long`.
    exclude: ["**/node_modules/**", "**/*.long.test.ts"],
    globalSetup: ["packages/testkit/src/global-setup.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A busy machine may need more than the one second of the default.
    expect: { poll: { timeout: 10_000 } },
    pool: "forks",
    maxWorkers: 2,
    // Files of a worker share their modules: a third of the time of small ones was loading them. So what a test changes
    // outside of itself it puts back.
    isolate: false,
    unstubEnvs: true,
  },
});
