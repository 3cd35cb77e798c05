const openTag = "<think>";
const closeTag = "</think>";
/** So much white space around a tag is held back at the most: what is held is looked over with each piece. */
const longestSpace = 256;

/** A stretch of an answer: thoughts or text. */
export interface ThinkPart {
  kind: "reasoning" | "text";
  text: string;
}

/**
 * Splits `<think>…</think>` at the very start of an answer from the text after it, for servers that do not
 * parse the thoughts of their models. Tags may be cut anywhere over the pieces. White space around the tags
 * belongs to neither. Once the answer turns out to be text, {@link passed} is true and text needs no splitting.
 */
export class ThinkSplitter {
  #state: "start" | "thinking" | "thought" | "passed" = "start";
  #held = "";
  #begun = false;

  /** True when everything that follows is text. */
  get passed(): boolean {
    return this.#state === "passed";
  }

  /** The parts that are certain after the next piece; the rest is held back. */
  push(piece: string): ThinkPart[] {
    this.#held += piece;
    const parts: ThinkPart[] = [];
    if (this.#state === "start") this.#readStart(parts);
    if (this.#state === "thinking") this.#readThought(parts);
    if (this.#state === "thought") this.#skipSpace();
    if (this.#state === "passed") this.#give("text", this.#held, parts);
    return parts;
  }

  /** What is still held back, because the answer ends or goes on with something else than text. */
  flush(): ThinkPart[] {
    const parts: ThinkPart[] = [];
    if (this.#state !== "thought")
      this.#give(this.#state === "thinking" ? "reasoning" : "text", this.#held, parts);
    this.#state = "passed";
    this.#held = "";
    return parts;
  }

  #readStart(parts: ThinkPart[]): void {
    const begun = this.#held.trimStart();
    if (begun.startsWith(openTag)) {
      this.#state = "thinking";
      this.#held = begun.slice(openTag.length);
    } else if (!openTag.startsWith(begun) || this.#held.length - begun.length > longestSpace) {
      this.#state = "passed";
      this.#give("text", this.#held, parts);
    }
  }

  #readThought(parts: ThinkPart[]): void {
    if (!this.#begun) this.#held = this.#held.trimStart();
    const end = this.#held.indexOf(closeTag);
    if (end >= 0) {
      const rest = this.#held.slice(end + closeTag.length);
      this.#give("reasoning", this.#held.slice(0, end).trimEnd(), parts);
      this.#state = "thought";
      this.#held = rest;
      return;
    }
    const certain = this.#held.slice(0, this.#held.length - lengthOfTail(this.#held));
    const rest = this.#held.slice(certain.length);
    this.#give("reasoning", certain, parts);
    this.#held = rest;
  }

  #skipSpace(): void {
    this.#held = this.#held.trimStart();
    if (this.#held !== "") this.#state = "passed";
  }

  #give(kind: ThinkPart["kind"], text: string, parts: ThinkPart[]): void {
    this.#held = "";
    if (text === "") return;
    this.#begun = true;
    parts.push({ kind, text });
  }
}

/** Length of the end of a thought that may belong to the closing tag: the tag's beginning, and space before it. */
function lengthOfTail(thought: string): number {
  const bracket = thought.lastIndexOf("<");
  const tagged = bracket >= 0 && closeTag.startsWith(thought.slice(bracket)) ? bracket : thought.length;
  const space = tagged - thought.slice(0, tagged).trimEnd().length;
  return thought.length - tagged + (space > longestSpace ? 0 : space);
}
