import { Refusal } from "./refusal.ts";

/** More empty columns in a row than this are drawn together: a cell in column XFD is not worth 16,383 tabs. */
const maxGap = 64;

/**
 * Collects text that a format hands over in pieces. Spaces and line ends are asked for where they are known and
 * written only when more text follows, so none are doubled, left at the end of a line or at the end of the text.
 */
export class TextWriter {
  readonly #maxChars: number;
  readonly #pieces: string[] = [];
  #chars = 0;
  #breaks = 0;
  #gap = "";
  #rowAt = 0;
  #firstCell = true;
  #cellBegins = false;

  /** @param maxChars how much text one file may have, in UTF-16 units */
  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  /**
   * Adds text as it is.
   *
   * @throws Refusal `invalid_file` when there is more text than one file may have.
   */
  write(text: string): void {
    if (text === "") return;
    if (this.#breaks > 0 && this.#chars > 0) this.#push("\n".repeat(this.#breaks));
    if (this.#gap !== "") this.#push(this.#gap);
    this.#breaks = 0;
    this.#gap = "";
    this.#cellBegins = false;
    this.#push(text);
  }

  /** Adds text whose white space means no more than that words end. */
  writeWords(text: string): void {
    const words = text.replace(/\s+/g, " ");
    if (words === "") return;
    if (words.startsWith(" ")) this.space();
    this.write(words.trim());
    if (words.length > 1 && words.endsWith(" ")) this.space();
  }

  /** Wants a space before the next text, if that is on the same line. */
  space(): void {
    if (this.#gap === "" && this.#breaks === 0 && this.#chars > 0) this.#gap = " ";
  }

  /** Wants a tab before the next text, if that is on the same line. */
  tab(): void {
    if (this.#gap === " ") this.#gap = "";
    if (this.#gap.length < maxGap) this.#gap += "\t";
  }

  /** Wants the next text on a new line: 1, or after an empty line: 2. At the start of a cell it means nothing. */
  breakLine(lines: 1 | 2 = 1): void {
    if (this.#cellBegins) return;
    this.#gap = "";
    this.#breaks = Math.max(this.#breaks, lines);
  }

  /** Begins or ends a table's row. */
  row(): void {
    this.#cellBegins = false;
    this.#firstCell = true;
    this.#rowAt = this.#chars;
    this.breakLine();
  }

  /** Begins a cell: after a tab, on the line on which the cell before it ended. */
  cell(): void {
    if (!this.#firstCell) {
      if (this.#chars > this.#rowAt) this.#breaks = 0;
      this.tab();
    }
    this.#firstCell = false;
    this.#cellBegins = true;
  }

  /** What was written; see {@link cleanText}. */
  toText(): string {
    return cleanText(this.#pieces.join(""));
  }

  #push(piece: string): void {
    this.#chars += piece.length;
    checkLength(this.#chars, this.#maxChars);
    this.#pieces.push(piece);
  }
}

/** @throws Refusal `invalid_file` when `chars` UTF-16 units are more than one file may have. */
export function checkLength(chars: number, maxChars: number): void {
  if (chars <= maxChars) return;
  throw new Refusal(
    "invalid_file",
    `The file has more than ${maxChars} characters of text. Split it into smaller files.`,
  );
}

/** Makes every line end a line feed, and removes NUL characters and surrogates without their other half. */
export function cleanText(text: string): string {
  const lines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  const well = lines.isWellFormed() ? lines : lines.replace(/\p{Surrogate}/gu, "");
  return well.includes("\0") ? well.replaceAll("\0", "") : well;
}
