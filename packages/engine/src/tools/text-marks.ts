import type { ModelDelta } from "../model-delta.ts";
import { FileLinkReader } from "../sandbox/file-links.ts";
import { CitationReader } from "./citation-reader.ts";
import type { Sources } from "./sources.ts";

/** Puts annotations into a model's text while it streams: for marks of passages, and for links to files of containers. */
export class TextMarks {
  readonly #citations: CitationReader;
  readonly #fileLinks: FileLinkReader;

  constructor(sources: Sources, links = true) {
    this.#citations = new CitationReader(sources, links);
    this.#fileLinks = new FileLinkReader(sources.files);
  }

  /** The deltas with annotations; text that may become a mark is held back. */
  pass(deltas: readonly ModelDelta[]): ModelDelta[] {
    return this.#fileLinks.pass(this.#citations.pass(deltas));
  }

  /** What is still held back, when no more text follows. */
  end(): ModelDelta[] {
    return [...this.#fileLinks.pass(this.#citations.end()), ...this.#fileLinks.end()];
  }
}
