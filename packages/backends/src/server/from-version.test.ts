import { expect, test } from "vitest";
import { fromVersion } from "./from-version.ts";

test.each([
  ["0.10.2", { major: 0, minor: 10 }],
  ["0.10.1.1", { major: 0, minor: 10 }],
  ["0.11.0rc2.dev7+g1234abc.cu128", { major: 0, minor: 11 }],
  ["v1.0.0", { major: 1, minor: 0 }],
])("a version tells the release: %s", (version, release) => {
  expect(fromVersion({ version })).toEqual(release);
});

test.each([
  { version: "0.1.dev1+g1234abc" },
  { version: "dev" },
  { version: 11 },
  {},
  null,
  "0.10.2",
  undefined,
])("what is none tells nothing: %j", (body) => {
  expect(fromVersion(body)).toBeUndefined();
});
