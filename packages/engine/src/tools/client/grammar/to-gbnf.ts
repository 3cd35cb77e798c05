import { type CharSet, soleChar } from "./char-set.ts";
import type { Shape } from "./shape.ts";

/** Characters of a grammar that is sent; more than any for a tool comes to. */
const maxLength = 64 * 1024;

/**
 * Writes rules in GBNF (llama.cpp, "GBNF Guide"), the first one being what all of the text is. Only what every reader of
 * it understands alike is used: names of letters and digits, escapes of a fixed length. xgrammar, which vLLM has, reads
 * it as well. Undefined where the grammar would be too long, or some part of it is no text at all.
 */
export function toGbnf(rules: ReadonlyMap<string, Shape>): string | undefined {
  const names = new Map([...rules.keys()].map((name, index) => [name, index === 0 ? "root" : `r${index}`]));
  const writer = new GbnfWriter(names);
  const lines: string[] = [];
  let length = 0;
  for (const [name, shape] of rules) {
    const line = `${names.get(name)} ::= ${writer.write(shape, "rule")}`;
    length += line.length + 1;
    if (writer.failed || length > maxLength) return undefined;
    lines.push(line);
  }
  return lines.join("\n");
}

/** What a part stands in: the more to the right, the more it binds. */
type Place = "rule" | "sequence" | "repeat";

class GbnfWriter {
  failed = false;
  readonly #names: ReadonlyMap<string, string>;

  constructor(names: ReadonlyMap<string, string>) {
    this.#names = names;
  }

  write(shape: Shape, place: Place): string {
    switch (shape.kind) {
      case "chars":
        return this.#writeChars(shape.chars);
      case "rule":
        return this.#names.get(shape.name) ?? this.#fail();
      case "sequence": {
        const text = this.#writeSequence(shape.items);
        return place === "repeat" ? `(${text})` : text;
      }
      case "choice": {
        if (shape.options.length === 0) return this.#fail();
        const text = shape.options.map((option) => this.write(option, "sequence")).join(" | ");
        return place === "rule" ? text : `(${text})`;
      }
      case "repeat": {
        const { item, min, max } = shape;
        // Two counts in a row would be read as one.
        const inside = this.write(item, "repeat");
        return `${item.kind === "repeat" ? `(${inside})` : inside}${writeCounts(min, max)}`;
      }
    }
  }

  #writeSequence(items: readonly Shape[]): string {
    if (items.length === 0) return '""';
    const parts: string[] = [];
    let text = "";
    const endText = () => {
      if (text !== "") parts.push(`"${text}"`);
      text = "";
    };
    for (const item of items) {
      const code = item.kind === "chars" ? soleChar(item.chars) : undefined;
      if (code !== undefined) {
        text += writeChar(code);
        continue;
      }
      endText();
      parts.push(this.write(item, "sequence"));
    }
    endText();
    return parts.join(" ");
  }

  #writeChars(chars: CharSet): string {
    const code = soleChar(chars);
    if (code !== undefined) return `"${writeChar(code)}"`;
    if (chars.length === 0) return this.#fail();
    // Said by what is in it, never by what is not: some readers then take what is no character at all.
    return `[${writeRanges(chars)}]`;
  }

  #fail(): string {
    this.failed = true;
    return "";
  }
}

function writeCounts(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  if (min === 0 && max === 1) return "?";
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

function writeRanges(chars: CharSet): string {
  return chars
    .map(([from, to]) => {
      // The character with the number 0 is an end to some readers.
      const first = writeClassChar(Math.max(from, 1));
      return from === to ? first : `${first}-${writeClassChar(to)}`;
    })
    .join("");
}

function writeClassChar(code: number): string {
  const char = String.fromCodePoint(code);
  return /[A-Za-z0-9]/.test(char) ? char : escaped(code);
}

function writeChar(code: number): string {
  const char = String.fromCodePoint(code);
  return /[ -~]/.test(char) && char !== '"' && char !== "\\" ? char : escaped(code);
}

function escaped(code: number): string {
  const hex = code.toString(16).toUpperCase();
  return code > 0xffff ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
}
