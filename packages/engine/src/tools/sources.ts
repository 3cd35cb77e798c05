import type { FileSearchCallItem, Item } from "@gateway/protocol";
import { renderImageCall } from "../images/render-image-call.ts";
import { toJsonArguments } from "../is-json.ts";
import { WrittenFiles } from "../sandbox/file-links.ts";
import { renderCodeCall } from "../sandbox/render-code-call.ts";
import { renderWebCall } from "../web/render-web-call.ts";
import { howToCite } from "./citation-marks.ts";
import { isCutShort, searchCutShort } from "./cut-short.ts";

/** What a mark in the model's text stands for: a passage of a file, or a page of the web. */
export type Source = { fileId: string; filename: string } | { url: string; title: string };

/** Gives the name of the function that items of a type tell of, of one action where there are several. */
type NameOf = (itemType: string, action?: string) => string | undefined;

/** Types of items that are shown as calls, and the names of their functions where they have none any more. */
const usualNames: Readonly<Record<string, string>> = {
  file_search_call: "file_search",
  image_generation_call: "image_generation",
  code_interpreter_call: "code_interpreter",
  search: "web_search",
  open_page: "open_page",
  find_in_page: "find_in_page",
};

const shownTypes: ReadonlySet<string> = new Set([
  "file_search_call",
  "web_search_call",
  "image_generation_call",
  "code_interpreter_call",
]);

const webUrl = /^https?:\/\//i;

/**
 * Numbers the passages that the model is shown, over the whole context, so that a mark such as 【3】 names one of
 * them for good.
 */
export class Sources {
  readonly #sources: Source[] = [];
  #searched = false;
  /** Files that code has written, which links in the model's text may mean. */
  readonly files = new WrittenFiles();

  /** True once the model was shown a search or a page: from then on its text may have marks. */
  get searched(): boolean {
    return this.#searched;
  }

  /** The source with a number, counted from 1. A page that came with the caller's items is only one if it is of the web. */
  get(number: number): Source | undefined {
    const source = this.#sources[number - 1];
    return source !== undefined && "url" in source && !webUrl.test(source.url) ? undefined : source;
  }

  /**
   * The items as a model can be shown them: what has run here becomes a call of the function that `nameOf` gives for it,
   * and its output. Of one that came back without its results the model is told what it asked for, and that these are gone.
   */
  show(items: readonly Item[], nameOf: NameOf): Item[] {
    if (!items.some(({ type }) => shownTypes.has(type))) return items as Item[];
    return items.flatMap((item) => this.#show(item, nameOf));
  }

  #show(item: Item, nameOf: NameOf): Item[] {
    switch (item.type) {
      case "file_search_call": {
        this.#searched = true;
        const args = JSON.stringify({ queries: item.queries ?? [] });
        return toExchange(item.id, nameIn(nameOf, item.type), args, this.#render(item));
      }
      case "web_search_call": {
        this.#searched = true;
        const { args, output } = renderWebCall(item, (source) => this.#sources.push(source));
        return toExchange(item.id, nameIn(nameOf, item.type, item.action?.type ?? "search"), args, output);
      }
      case "image_generation_call": {
        const { args, output } = renderImageCall(item);
        return toExchange(item.id, nameIn(nameOf, item.type), args, output);
      }
      case "code_interpreter_call": {
        this.files.add([item]);
        const { args, output } = renderCodeCall(item);
        return toExchange(item.id, nameIn(nameOf, item.type), args, output);
      }
      default:
        return [item];
    }
  }

  #render({ results, status }: FileSearchCallItem): string {
    if (results == null && status === "failed")
      return "The search failed. Answer without it, or say that the files could not be searched.";
    if (results == null && isCutShort(status)) return searchCutShort;
    if (results == null) return "What was found is no longer at hand, so nothing of it can be cited.";
    if (results.length === 0) return "Nothing was found.";
    const passages = results.map(({ file_id: fileId, filename, text }) => {
      const number = this.#sources.push({ fileId, filename });
      return `【${number}】 ${filename}\n${text}`;
    });
    return `${howToCite}\n\n${passages.join("\n\n")}`;
  }
}

function nameIn(nameOf: NameOf, itemType: string, action?: string): string {
  return nameOf(itemType, action) ?? usualNames[action ?? itemType] ?? "web_search";
}

/**
 * A call and its answer as a model sees them, of a tool that is no function of the caller's. Arguments that are no JSON are
 * put into an object: many servers refuse them as they were written.
 */
export function toExchange(id: string, name: string, written: string, output: string): Item[] {
  const args = toJsonArguments(written);
  const status = "completed";
  return [
    { type: "function_call", id, status, call_id: id, name, arguments: args },
    { type: "function_call_output", id: `${id}_output`, status, call_id: id, output },
  ];
}
