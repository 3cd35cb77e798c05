import { expect, test } from "vitest";
import { describeOperatorError } from "./operator-error.ts";

const system = (code: string) =>
  Object.assign(new Error(`listen ${code}`), { code, address: "127.0.0.1", port: 80 });

test.for([
  [system("EADDRINUSE"), /^Cannot listen on 127\.0\.0\.1:80: another program does\. .*--http-listen/],
  [new Error("cannot listen", { cause: system("EADDRINUSE") }), /another program does/],
  [system("EACCES"), /this user may not/],
  [system("EADDRNOTAVAIL"), /no such address/],
] as const)("case %#: a common trouble is one sentence with the next step", ([error, expected]) => {
  expect(describeOperatorError(error)).toMatch(expected);
});

test("an error written for operators speaks for itself", () => {
  class StoreError extends Error {
    override readonly name = "StoreError";
  }
  expect(describeOperatorError(new StoreError("data/gateway.db is in use"))).toBe(
    "data/gateway.db is in use",
  );
});

test.for([new TypeError("x is undefined"), "text", undefined])(
  "case %#: anything else needs its stack",
  (error) => {
    expect(describeOperatorError(error)).toBeUndefined();
  },
);
