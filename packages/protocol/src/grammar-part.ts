import type { Annotation, Logprob, OutputTextPart, RefusalPart } from "./content.ts";
import { demand, demandEqual, demandText } from "./grammar-rule.ts";

/** The parts an item is made of while it is streamed. */
export type StreamedPart =
  | OutputTextPart
  | RefusalPart
  | { type: "reasoning_text"; text: string }
  | { type: "summary_text"; text: string };

/** Follows one part from `added` to `done`: `added (delta | annotation)* text.done part.done`. */
class PartChecker {
  readonly kind: StreamedPart["type"];
  readonly #logprobs: Logprob[] = [];
  readonly #annotations: Annotation[] = [];
  #text = "";
  #written = false;

  /** Begins with the part of the `added` event, which must be empty and of one of these kinds. */
  constructor(part: StreamedPart, kinds: readonly StreamedPart["type"][]) {
    demand(typeof part === "object" && part !== null, "shape", "the event has no part");
    demand(kinds.includes(part.type), "part-match", `a part of type '${part.type}' has no place here`);
    this.kind = part.type;
    demandEqual(part, this.#whole(), "empty-start", "the added part");
  }

  /** Takes a delta of the part's text. */
  delta(kind: StreamedPart["type"], delta: string, logprobs?: readonly Logprob[]): void {
    this.#demandOpen(kind);
    demandText(delta, "delta");
    this.#text += delta;
    if (kind !== "output_text") return;
    demand(Array.isArray(logprobs), "shape", "a text delta has no list of logprobs");
    this.#logprobs.push(...structuredClone(logprobs));
  }

  /** Takes a mark on the text. */
  annotate(index: number, annotation: Annotation): void {
    this.#demandOpen("output_text");
    demandEqual(index, this.#annotations.length, "part-order", "annotation_index");
    this.#annotations.push(structuredClone(annotation));
  }

  /** Takes the event that carries the whole text. */
  write(kind: StreamedPart["type"], text: string, logprobs?: readonly Logprob[]): void {
    this.#demandOpen(kind);
    demandEqual(text, this.#text, "sum", "the done text");
    if (kind === "output_text") demandEqual(logprobs, this.#logprobs, "sum", "the done logprobs");
    this.#written = true;
  }

  /** Takes the part's own `done`; gives the part as it must appear in the item. */
  close(part: StreamedPart): StreamedPart {
    demand(this.#written, "closed", `the ${this.kind} part is done before its text is`);
    const whole = this.#whole();
    demandEqual(part, whole, "sum", "the done part");
    return whole;
  }

  #demandOpen(kind: StreamedPart["type"]): void {
    demand(kind === this.kind, "part-match", `the open part is of type '${this.kind}', not '${kind}'`);
    demand(!this.#written, "part-match", "the part's text is done already");
  }

  #whole(): StreamedPart {
    const { kind } = this;
    if (kind === "refusal") return { type: kind, refusal: this.#text };
    if (kind !== "output_text") return { type: kind, text: this.#text };
    return { type: kind, text: this.#text, annotations: this.#annotations, logprobs: this.#logprobs };
  }
}

/** Parts of one item: one open at a time, at the next free index. */
export class PartList {
  readonly #field: string;
  readonly #kinds: readonly StreamedPart["type"][];
  readonly #done: StreamedPart[] = [];
  #open: PartChecker | undefined;

  constructor(field: "content_index" | "summary_index", kinds: readonly StreamedPart["type"][]) {
    this.#field = field;
    this.#kinds = kinds;
  }

  /** How many parts have begun. */
  get length(): number {
    return this.#done.length + (this.#open ? 1 : 0);
  }

  /** Takes the `added` of a part. */
  open(index: number, part: StreamedPart): void {
    demand(this.#open === undefined, "part-order", "a part is added while another is open");
    demandEqual(index, this.#done.length, "part-order", this.#field);
    this.#open = new PartChecker(part, this.#kinds);
  }

  /** The open part, which must be the one at this index. */
  at(index: number): PartChecker {
    demand(this.#open !== undefined, "part-match", "no part is open");
    demandEqual(index, this.#done.length, "part-match", this.#field);
    return this.#open;
  }

  /** Takes the `done` of a part. */
  close(index: number, part: StreamedPart): void {
    this.#done.push(this.at(index).close(part));
    this.#open = undefined;
  }

  /** All parts; throws while one is open. */
  closed(): StreamedPart[] {
    demand(this.#open === undefined, "closed", "a part is still open");
    return this.#done;
  }
}
