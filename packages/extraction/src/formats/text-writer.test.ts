import { expect, test } from "vitest";
import { Refusal } from "./refusal.ts";
import { cleanText, TextWriter } from "./text-writer.ts";

test("halves of surrogate pairs and NUL characters are removed, line ends become line feeds", () => {
  expect(cleanText("a\ud83db\udc4bc👋\0\r\nd\re")).toBe("abc👋\nd\ne");
});

test("a pair whose halves are written apart stays whole", () => {
  const out = new TextWriter(10);
  out.write("\ud83d");
  out.write("\udc4b");
  expect(out.toText()).toBe("👋");
});

test("spaces and line ends stand only between texts", () => {
  const out = new TextWriter(100);
  out.breakLine(2);
  out.writeWords("  a  b ");
  out.writeWords(" c\n");
  out.breakLine();
  out.breakLine(2);
  out.writeWords("\t d");
  out.breakLine();
  expect(out.toText()).toBe("a b c\n\nd");
});

test("a cell that is far away is not parted by every column between", () => {
  const out = new TextWriter(1000);
  out.write("a");
  for (let column = 0; column < 16_000; column++) out.tab();
  out.write("b");
  expect(out.toText()).toMatch(/^a\t{1,100}b$/);
});

test("more text than allowed is refused when it is written", () => {
  const out = new TextWriter(5);
  out.write("12345");
  expect(() => out.write("6")).toThrow(Refusal);
});
