import { expect, test } from "vitest";
import { parseArguments } from "./arguments.ts";

const names = ["answers", "burst", "memory"];

test("without options everything runs, three rounds long", () => {
  expect(parseArguments([], names)).toMatchObject({
    only: names,
    rounds: 3,
    scale: 1,
    profile: false,
    withGateway: true,
    withEnvoy: true,
  });
});

test("topics run in the order of the bench, whatever order they are named in", () => {
  expect(parseArguments(["--only", "memory", "--only", "answers"], names).only).toEqual([
    "answers",
    "memory",
  ]);
});

test("without a gateway there is no Envoy, either", () => {
  expect(parseArguments(["--no-gateway", "--quick"], names)).toMatchObject({ withEnvoy: false, rounds: 2 });
});

test.each([
  [["--only", "speed"], /--only speed: there is no such topic; there is answers, burst, memory/],
  [["--rounds", "0"], /--rounds 0: expected a whole number/],
  [["--entry", "/nowhere/gateway.js"], /--entry .*: there is no such file/],
  [["--profile", "--no-gateway"], /--profile .* cannot go with --no-gateway/],
  [["--fast"], /--fast/],
])("%j is refused with a sentence that names the option", (args, message) => {
  expect(() => parseArguments(args, names)).toThrow(message);
});
