import { describe, expect, test } from "vitest";
import * as z from "zod";
import {
  amount,
  baseUrl,
  duration,
  integer,
  listenAddress,
  parseAddress,
  renderAddress,
  renderDuration,
  renderSize,
  size,
  toggle,
} from "./scalars.ts";

describe("a duration", () => {
  test.for([
    ["0s", 0],
    ["300ms", 300],
    ["10s", 10_000],
    ["1.5m", 90_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
  ] as const)("%s is %i milliseconds", ([text, milliseconds]) => {
    expect(duration().parse(text)).toBe(milliseconds);
  });

  test.for(["10", 10, "", "s", "-1s", "10 s", "1w", "1m30s", {}, null])(
    "refuses %j and says what it wants",
    (input) => {
      expect(duration().safeParse(input).error?.issues[0]?.message).toMatch(
        /^expected a duration such as "300ms"/,
      );
    },
  );

  test.for([
    [0, "0s"],
    [1500, "1500ms"],
    [60_000, "1m"],
    [90_000, "90s"],
    [86_400_000, "1d"],
  ] as const)("of %i milliseconds is written %s", ([milliseconds, text]) => {
    expect(renderDuration(milliseconds)).toBe(text);
    expect(duration().parse(text)).toBe(milliseconds);
  });
});

describe("a size", () => {
  test.for([
    ["1024", 1024],
    [1024, 1024],
    ["12B", 12],
    ["500KB", 500_000],
    ["32MiB", 33_554_432],
    ["1.5 kib", 1536],
    ["2GB", 2_000_000_000],
  ] as const)("%s is %i bytes", ([input, bytes]) => {
    expect(size().parse(input)).toBe(bytes);
  });

  test.for(["", "MiB", "-1", "1TB", "0.3B", 1.5, -1, []])("refuses %j", (input) => {
    expect(size().safeParse(input).error?.issues[0]?.message).toMatch(/^expected a size such as/);
  });

  test.for([
    [33_554_432, "32MiB"],
    [500_000, 500_000],
    [2048, "2KiB"],
    [0, 0],
  ] as const)("of %i bytes is written %s", ([bytes, written]) => {
    expect(renderSize(bytes)).toBe(written);
    expect(size().parse(written)).toBe(bytes);
  });
});

describe("numbers and switches", () => {
  test("are read from text too, as variables bring nothing else", () => {
    expect(integer(0, 9).parse("7")).toBe(7);
    expect(amount().parse("0.25")).toBe(0.25);
    expect([true, "true", "1", false, "false", "0"].map((input) => toggle().parse(input))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  test.for([
    [integer(1, 9), 0],
    [integer(1, 9), 10],
    [integer(1, 9), 1.5],
    [integer(1, 9), "1e0"],
    [integer(1, 9), ""],
    [amount(), -1],
    [amount(), "x"],
    [toggle(), "yes"],
    [toggle(), 1],
  ] as const)("case %#: what is out of bounds is refused", ([schema, input]) => {
    expect(schema.safeParse(input).success).toBe(false);
  });
});

describe("an address", () => {
  test.for([
    ["127.0.0.1:8080", { host: "127.0.0.1", port: 8080 }],
    [":8080", { host: "0.0.0.0", port: 8080 }],
    ["[::1]:0", { host: "::1", port: 0 }],
    ["gateway.local:443", { host: "gateway.local", port: 443 }],
  ] as const)("%s is split", ([text, address]) => {
    expect(parseAddress(text)).toEqual(address);
    expect(listenAddress().parse(text)).toEqual(address);
    expect(parseAddress(renderAddress(address))).toEqual(address);
  });

  test.for(["8080", "127.0.0.1", "a:b", "::1:80", "host:70000", "host:", "http://host:80", "a b:1"])(
    "%s is none",
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
      expect(listenAddress().safeParse(text).success).toBe(false);
    },
  );
});

describe("a base URL", () => {
  test("loses the slash at its end", () => {
    expect(baseUrl().parse("http://vllm:8000/v1/")).toBe("http://vllm:8000/v1");
  });

  test.for(["vllm:8000", "ftp://vllm", "/v1", "http://", "http://x/v1?key=secret", ""])(
    "refuses %s without quoting it",
    (text) => {
      const { error } = baseUrl().safeParse(text);
      expect(error?.issues[0]?.message).toBe('expected a URL such as "http://127.0.0.1:11434/v1"');
    },
  );
});

test("every scalar can be written back", () => {
  const schema = z.object({
    a: duration(),
    b: size(),
    c: integer(0, 9),
    d: toggle(),
    e: listenAddress(),
    f: baseUrl(),
    g: amount(),
  });
  const written = { a: "5m", b: "1MiB", c: 4, d: true, e: "[::1]:80", f: "http://x/v1", g: 0.5 };
  expect(z.encode(schema, schema.parse(written))).toEqual(written);
});
