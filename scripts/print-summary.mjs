// Prints "N passed, N failed" from vitest's JSON report; a run that ended before any test counts as one failure.
import { existsSync, readFileSync } from "node:fs";

const [, , reportPath, status] = process.argv;
const report = existsSync(reportPath) ? JSON.parse(readFileSync(reportPath, "utf8")) : undefined;
const passed = report?.numPassedTests ?? 0;
const failed = report?.numFailedTests ?? 0;
const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
// A suite that could not be loaded, or a check before the tests, fails without a failed test.
const shown = failed === 0 && status !== "0" ? 1 : failed;
console.log(`${passed} passed, ${shown} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
