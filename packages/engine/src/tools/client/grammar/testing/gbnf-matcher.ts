/** A part of a grammar in GBNF (llama.cpp, "GBNF Guide"). */
type Node =
  | { kind: "chars"; not: boolean; ranges: [number, number][] }
  | { kind: "rule"; name: string }
  | { kind: "sequence"; items: Node[] }
  | { kind: "choice"; options: Node[] }
  | { kind: "repeat"; item: Node; min: number; max: number };

/**
 * Tells whether a text follows a grammar in GBNF. Written for tests, on the guide's own terms: it reads the grammar's text,
 * and tries all ways at once, place by place. Throws for a grammar that it cannot read.
 */
export class GbnfMatcher {
  readonly #rules: ReadonlyMap<string, Node>;
  #text: readonly number[] = [];
  #ends = new Map<string, Set<number>>();

  constructor(source: string) {
    this.#rules = new Map(source.split("\n").map((line) => new RuleReader(line).read()));
  }

  matches(text: string): boolean {
    this.#text = [...text].map((char) => char.codePointAt(0) ?? 0);
    this.#ends = new Map();
    return this.#match({ kind: "rule", name: "root" }, 0).has(this.#text.length);
  }

  /** Where a part may end that begins at a place. */
  #match(node: Node, at: number): Set<number> {
    switch (node.kind) {
      case "chars": {
        const code = this.#text[at];
        if (code === undefined) return new Set();
        return node.ranges.some(([from, to]) => from <= code && code <= to) === node.not
          ? new Set()
          : new Set([at + 1]);
      }
      case "rule": {
        const key = `${node.name} ${at}`;
        const known = this.#ends.get(key);
        if (known !== undefined) return known;
        const rule = this.#rules.get(node.name);
        if (rule === undefined) throw new Error(`there is no rule ${node.name}`);
        // A rule that begins with itself would be looked for without end: here it is found to be none.
        this.#ends.set(key, new Set());
        const ends = this.#match(rule, at);
        this.#ends.set(key, ends);
        return ends;
      }
      case "choice":
        return new Set(node.options.flatMap((option) => [...this.#match(option, at)]));
      case "sequence":
        return node.items.reduce((places, item) => this.#step(places, item), new Set([at]));
      case "repeat": {
        let places = new Set([at]);
        const all = new Set<number>();
        for (let count = 0; count <= node.max && places.size > 0; count++) {
          if (count >= node.min) {
            const before = all.size;
            for (const place of places) all.add(place);
            if (count > node.min && all.size === before) break;
          }
          places = this.#step(places, node.item);
        }
        return all;
      }
    }
  }

  #step(places: ReadonlySet<number>, node: Node): Set<number> {
    return new Set([...places].flatMap((place) => [...this.#match(node, place)]));
  }
}

/** Reads one line. */
class RuleReader {
  #rest: string;

  constructor(line: string) {
    this.#rest = line;
  }

  read(): [name: string, node: Node] {
    const name = this.#expect(/^([A-Za-z0-9]+) ::= /)[1] ?? "";
    const node = this.#choice();
    if (this.#rest !== "") throw new Error(`unexpected ${this.#rest}`);
    return [name, node];
  }

  #choice(): Node {
    const options = [this.#sequence()];
    while (this.#take(/^ *\| */)) options.push(this.#sequence());
    return { kind: "choice", options };
  }

  #sequence(): Node {
    const items: Node[] = [];
    for (;;) {
      this.#take(/^ +(?![|)])/);
      const atom = this.#atom();
      if (atom === undefined) return { kind: "sequence", items };
      const counts = this.#take(/^(?:([*+?])|\{(\d+)(,(\d+)?)?\})/);
      if (counts === null) items.push(atom);
      else items.push({ kind: "repeat", item: atom, ...toCounts(counts) });
    }
  }

  #atom(): Node | undefined {
    const literal = this.#take(/^"((?:\\.|[^"\\])*)"/);
    if (literal) {
      const items = readChars(literal[1] ?? "").map(
        ({ code }): Node => ({ kind: "chars", not: false, ranges: [[code, code]] }),
      );
      return { kind: "sequence", items };
    }
    const chars = this.#take(/^\[(\^?)((?:\\.|[^\]\\])*)\]/);
    if (chars) return { kind: "chars", not: chars[1] === "^", ranges: readRanges(chars[2] ?? "") };
    if (this.#take(/^\(/)) {
      const inside = this.#choice();
      this.#expect(/^\)/);
      return inside;
    }
    const name = this.#take(/^[A-Za-z0-9]+/);
    return name ? { kind: "rule", name: name[0] } : undefined;
  }

  #take(shape: RegExp): RegExpExecArray | null {
    const found = shape.exec(this.#rest);
    if (found !== null) this.#rest = this.#rest.slice(found[0].length);
    return found;
  }

  #expect(shape: RegExp): RegExpExecArray {
    const found = this.#take(shape);
    if (found === null) throw new Error(`unexpected ${this.#rest}`);
    return found;
  }
}

function toCounts([, sign, min, more, max]: RegExpExecArray): { min: number; max: number } {
  if (sign === "*") return { min: 0, max: Number.POSITIVE_INFINITY };
  if (sign === "+") return { min: 1, max: Number.POSITIVE_INFINITY };
  if (sign === "?") return { min: 0, max: 1 };
  if (more === undefined) return { min: Number(min), max: Number(min) };
  return { min: Number(min), max: max === undefined ? Number.POSITIVE_INFINITY : Number(max) };
}

function readChars(text: string): { code: number; escaped: boolean }[] {
  return [...text.matchAll(/\\u([0-9A-F]{4})|\\U([0-9A-F]{8})|[^\\]/gu)].map(([whole, four, eight]) => {
    const hex = four ?? eight;
    return {
      code: hex === undefined ? (whole.codePointAt(0) ?? 0) : Number.parseInt(hex, 16),
      escaped: hex !== undefined,
    };
  });
}

function readRanges(text: string): [number, number][] {
  const chars = readChars(text);
  const ranges: [number, number][] = [];
  for (let at = 0; at < chars.length; at++) {
    const from = chars[at]?.code ?? 0;
    const dash = chars[at + 1];
    const to = chars[at + 2];
    if (dash?.code === 0x2d && !dash.escaped && to !== undefined) {
      ranges.push([from, to.code]);
      at += 2;
    } else ranges.push([from, from]);
  }
  return ranges;
}
