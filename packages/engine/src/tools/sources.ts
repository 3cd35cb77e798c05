import type { FileSearchCallItem, Item } from "@gateway/protocol";
import { howToCite } from "./citation-marks.ts";

/** What a mark in the model's text stands for. */
export interface Source {
  fileId: string;
  filename: string;
}

/**
 * Numbers the passages that the model is shown, over the whole context, so that a mark such as 【3】 names one of
 * them for good.
 */
export class Sources {
  readonly #sources: Source[] = [];

  /** True while no passage was shown: then there is nothing to cite. */
  get empty(): boolean {
    return this.#sources.length === 0;
  }

  /** The source with a number, counted from 1. */
  get(number: number): Source | undefined {
    return this.#sources[number - 1];
  }

  /**
   * The items as a model can be shown them: a file search becomes a call of the function that `nameOf` gives for its
   * type, and its output. One that came back without its results tells nothing and is left out.
   */
  show(items: readonly Item[], nameOf: (itemType: string) => string | undefined): Item[] {
    if (!items.some(({ type }) => type === "file_search_call")) return items as Item[];
    return items.flatMap((item) => {
      if (item.type !== "file_search_call") return [item];
      return item.results == null && item.status !== "failed"
        ? []
        : this.#toExchange(item, nameOf(item.type) ?? "file_search");
    });
  }

  #toExchange(item: FileSearchCallItem, name: string): Item[] {
    return toExchange(item.id, name, JSON.stringify({ queries: item.queries ?? [] }), this.#render(item));
  }

  #render({ results }: FileSearchCallItem): string {
    if (results == null)
      return "The search failed. Answer without it, or say that the files could not be searched.";
    if (results.length === 0) return "Nothing was found.";
    const passages = results.map(({ file_id: fileId, filename, text }) => {
      const number = this.#sources.push({ fileId, filename });
      return `【${number}】 ${filename}\n${text}`;
    });
    return `${howToCite}\n\n${passages.join("\n\n")}`;
  }
}

/** A call and its answer as a model sees them, of a tool that is no function of the caller's. */
export function toExchange(id: string, name: string, args: string, output: string): Item[] {
  const status = "completed";
  return [
    { type: "function_call", id, status, call_id: id, name, arguments: args },
    { type: "function_call_output", id: `${id}_output`, status, call_id: id, output },
  ];
}
