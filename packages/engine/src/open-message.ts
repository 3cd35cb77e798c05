import type {
  Annotation,
  ItemStatus,
  Logprob,
  OutputMessage,
  OutputTextPart,
  RefusalPart,
} from "@gateway/protocol";
import type { Emit, OpenItem } from "./open-item.ts";

/**
 * A message in the making: text and refusal parts, one after the other. It is opened for what is said in it,
 * so it always has a part; clients read content[0].
 */
export class OpenMessage implements OpenItem {
  readonly item: OutputMessage;
  readonly #index: number;
  readonly #emit: Emit;
  #part: OutputTextPart | RefusalPart | undefined;

  constructor(id: string, index: number, emit: Emit) {
    this.item = { type: "message", id, status: "in_progress", role: "assistant", content: [] };
    this.#index = index;
    this.#emit = emit;
    emit({ type: "response.output_item.added", output_index: index, item: { ...this.item, content: [] } });
  }

  /** Appends text; opens a text part where none is open. */
  text(delta: string, logprobs: Logprob[]): void {
    const part = this.#part?.type === "output_text" ? this.#part : this.#openText();
    part.text += delta;
    for (const logprob of logprobs) part.logprobs.push(logprob);
    this.#emit({
      type: "response.output_text.delta",
      item_id: this.item.id,
      output_index: this.#index,
      content_index: this.item.content.length - 1,
      delta,
      logprobs,
    });
  }

  /** Appends to a refusal; opens a refusal part where none is open. */
  refusal(delta: string): void {
    const part = this.#part?.type === "refusal" ? this.#part : this.#openRefusal();
    part.refusal += delta;
    this.#emit({ type: "response.refusal.delta", ...this.#place(), delta });
  }

  /**
   * Marks a span of the text: the last `covers` characters of it. Citations are given their place in the part's text here,
   * in characters (Unicode code points), as the API counts; `end_index` is behind the last.
   */
  annotate(mark: Annotation, covers = 0): void {
    const part = this.#part?.type === "output_text" ? this.#part : this.#openText();
    const annotation = toPlaced(mark, part.text, covers);
    const annotation_index = part.annotations.push(annotation) - 1;
    this.#emit({
      type: "response.output_text.annotation.added",
      ...this.#place(),
      annotation_index,
      annotation,
    });
  }

  close(status: ItemStatus): void {
    this.#closePart();
    this.item.status = status;
    this.#emit({ type: "response.output_item.done", output_index: this.#index, item: this.item });
  }

  #openText(): OutputTextPart {
    const part: OutputTextPart = { type: "output_text", text: "", annotations: [], logprobs: [] };
    this.#openPart(part);
    return part;
  }

  #openRefusal(): RefusalPart {
    const part: RefusalPart = { type: "refusal", refusal: "" };
    this.#openPart(part);
    return part;
  }

  #openPart(part: OutputTextPart | RefusalPart): void {
    this.#closePart();
    this.#part = part;
    this.item.content.push(part);
    this.#emit({
      type: "response.content_part.added",
      ...this.#place(),
      part: part.type === "refusal" ? { ...part } : { ...part, annotations: [], logprobs: [] },
    });
  }

  #closePart(): void {
    const part = this.#part;
    if (part === undefined) return;
    if (part.type === "output_text") {
      this.#emit({
        type: "response.output_text.done",
        ...this.#place(),
        text: part.text,
        logprobs: part.logprobs,
      });
    } else {
      this.#emit({ type: "response.refusal.done", ...this.#place(), refusal: part.refusal });
    }
    this.#emit({ type: "response.content_part.done", ...this.#place(), part });
    this.#part = undefined;
  }

  #place() {
    return {
      item_id: this.item.id,
      output_index: this.#index,
      content_index: this.item.content.length - 1,
    };
  }
}

function toPlaced(mark: Annotation, text: string, covers: number): Annotation {
  if (mark.type === "file_citation" && mark.index === undefined) return { ...mark, index: [...text].length };
  const isSpan = mark.type === "url_citation" || mark.type === "container_file_citation";
  if (!isSpan || mark.end_index !== undefined) return mark;
  const end = [...text].length;
  return { ...mark, start_index: end - covers, end_index: end };
}
