import { describe, expect, test } from "vitest";
import { faultOf } from "./client/fault-of.ts";
import { readArguments, readQueries } from "./read-arguments.ts";
import { ToolInputError } from "./server-tool.ts";

describe("the arguments of a call", () => {
  test("are an object, an empty one where nothing was written", () => {
    expect(readArguments('{"a": 1}')).toEqual({ a: 1 });
    expect(readArguments(" ")).toEqual({});
  });

  test.each([
    ["{", "The arguments are not valid JSON."],
    ["[1]", "The arguments have to be a JSON object."],
    ['"a"', "The arguments have to be a JSON object."],
    ["null", "The arguments have to be a JSON object."],
  ])("%j are not to be used, and the model is told why and what is expected", (args, why) => {
    expect(() => readArguments(args)).toThrow(new ToolInputError(why));
    expect(() => readArguments(args, "Expected less.")).toThrow(new ToolInputError(`${why} Expected less.`));
    expect(faultOf(() => readArguments(args))).toEqual({ message: why, code: "tool_arguments_invalid" });
  });
});

describe("the queries of a call", () => {
  const limits = { most: 2, chars: 5 };

  test.each([
    [{ queries: ["a", " b\n c ", "a", "d"] }, ["a", "b c"]],
    [{ query: "otters" }, ["otter"]],
    [{ queries: "one" }, ["one"]],
    [{ queries: [1, "", "x"] }, ["x"]],
  ])("of %j are %j", (args, queries) => {
    expect(readQueries(JSON.stringify(args), limits)).toEqual(queries);
  });

  test.each(["", "{}", '{"queries": []}', '{"query": 1}', '{"queries": [" "]}'])(
    "are missing in %j",
    (args) => {
      expect(() => readQueries(args, limits)).toThrow(
        new ToolInputError('There is no query. Expected {"queries": ["…"]}.'),
      );
    },
  );
});
