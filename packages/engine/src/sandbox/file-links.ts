import type { Item, Logprob, OutputItem } from "@gateway/protocol";
import type { ModelDelta } from "../model-delta.ts";

const scheme = "sandbox:";
const root = "/mnt/data/";
/** A link that is not at its end within so many characters is text. */
const longestLink = 1024;

/** The link to a file of a container, as models write it. `path` is its whole path in the container. */
export function fileLink(path: string): string {
  return `${scheme}${path}`;
}

interface LinkedFile {
  containerId: string;
  fileId: string;
}

/** The files that code of a context has written, by path. The latest under a path is the one that a link means. */
export class WrittenFiles {
  readonly #files = new Map<string, LinkedFile>();

  get empty(): boolean {
    return this.#files.size === 0;
  }

  /** Takes the files of items that tell of code, the oldest first. */
  add(items: readonly (Item | OutputItem)[]): void {
    for (const item of items) {
      if (item.type !== "code_interpreter_call" || item.container_id == null) continue;
      for (const { file_id: fileId, path } of item.files ?? [])
        this.#files.set(path, { containerId: item.container_id, fileId });
    }
  }

  get(path: string): LinkedFile | undefined {
    return this.#files.get(path);
  }
}

/**
 * Puts an annotation behind each link to a file of a container in a model's text (`container_file_citation`), while it
 * streams; the link itself stays. A link may be cut anywhere: what may become one is held back until it is known.
 */
export class FileLinkReader {
  readonly #files: WrittenFiles;
  #held = "";
  #logprobs: Logprob[] = [];

  constructor(files: WrittenFiles) {
    this.#files = files;
  }

  /** The deltas with annotations. Everything but text is passed on, behind the text that was before it. */
  pass(deltas: readonly ModelDelta[]): ModelDelta[] {
    if (this.#files.empty) return deltas as ModelDelta[];
    const passed: ModelDelta[] = [];
    for (const delta of deltas) {
      if (delta.kind === "text") {
        if (delta.logprobs !== undefined) this.#logprobs.push(...delta.logprobs);
        this.#read(this.#held + delta.text, false, passed);
      } else if (delta.kind === "usage") passed.push(delta);
      else passed.push(...this.end(), delta);
    }
    return passed;
  }

  /** What is still held back, when no more text follows. */
  end(): ModelDelta[] {
    const passed: ModelDelta[] = [];
    this.#read(this.#held, true, passed);
    return passed;
  }

  #read(text: string, last: boolean, passed: ModelDelta[]): void {
    const start = scheme + root;
    let from = 0;
    for (;;) {
      const at = text.indexOf(start, from);
      if (at < 0) break;
      const link = /^[^\s)\]>"'`]*/.exec(text.slice(at))?.[0] ?? "";
      const ends = at + link.length < text.length || last;
      if (!ends && link.length < longestLink) {
        this.#push(text.slice(from, at), passed);
        this.#held = text.slice(at);
        return;
      }
      const found = this.#find(link);
      const length = found?.length ?? start.length;
      this.#push(text.slice(from, at + length), passed);
      if (found !== undefined) passed.push(found.delta);
      from = at + length;
    }
    const keep = last ? 0 : overlap(text.slice(from), start);
    this.#push(text.slice(from, text.length - keep), passed);
    this.#held = text.slice(text.length - keep);
  }

  /** The file that a link means, with or without the full stop of its sentence. */
  #find(link: string): { length: number; delta: ModelDelta } | undefined {
    for (const text of [link, link.replace(/[.,;:!?*_]+$/, "")]) {
      const path = decode(text.slice(scheme.length));
      const file = this.#files.get(path);
      if (file === undefined) continue;
      const annotation = {
        type: "container_file_citation",
        container_id: file.containerId,
        file_id: file.fileId,
        filename: path.slice(path.lastIndexOf("/") + 1),
      };
      return { length: text.length, delta: { kind: "annotation", annotation, covers: [...text].length } };
    }
    return undefined;
  }

  #push(text: string, passed: ModelDelta[]): void {
    if (text === "") return;
    const logprobs = this.#logprobs;
    this.#logprobs = [];
    passed.push(logprobs.length > 0 ? { kind: "text", text, logprobs } : { kind: "text", text });
  }
}

/** How many characters at the end of a text may be the beginning of `start`. */
function overlap(text: string, start: string): number {
  for (let length = Math.min(text.length, start.length - 1); length > 0; length--)
    if (start.startsWith(text.slice(-length))) return length;
  return 0;
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
