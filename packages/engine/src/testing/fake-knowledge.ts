import { notFound, type PromptObject, type SearchResultObject, variablesOf } from "@gateway/protocol";
import type { KnowledgeQuery, KnowledgeSearch } from "../knowledge/knowledge-search.ts";
import type { PromptStore } from "../knowledge/prompt-store.ts";
import type { RequestFiles } from "../knowledge/request-files.ts";

/** Vector stores, files and prompts by name, in memory. */
export class FakeKnowledge implements KnowledgeSearch {
  /** What each store finds, or how it fails. */
  readonly stores = new Map<string, SearchResultObject[] | Error>();
  /** Texts and data URLs of files, by id. */
  readonly texts = new Map<string, { filename: string; text: string }>();
  readonly pictures = new Map<string, string>();
  /** Versions of prompts, by id. */
  readonly templates = new Map<string, string[]>();
  /** The searches that were made. */
  readonly asked: KnowledgeQuery[] = [];
  /** Searches wait for this. */
  gate: Promise<void> = Promise.resolve();

  async check(_tenant: string, storeIds: readonly string[], param: string): Promise<void> {
    for (const [index, id] of storeIds.entries()) {
      if (this.stores.has(id)) continue;
      throw notFound(`Vector store with id '${id}' not found.`, { param: `${param}[${index}]` });
    }
  }

  async search(_tenant: string, query: KnowledgeQuery, signal: AbortSignal): Promise<SearchResultObject[]> {
    this.asked.push(query);
    const left = Promise.withResolvers<never>();
    signal.addEventListener("abort", () => left.reject(signal.reason), { once: true });
    await Promise.race([this.gate, left.promise]);
    const found = query.storeIds.map((id) => this.stores.get(id) ?? []);
    const fault = found.find((entry) => entry instanceof Error);
    if (fault !== undefined) throw fault;
    return (found as SearchResultObject[][]).flat().slice(0, query.limit);
  }

  readonly files: RequestFiles = {
    text: async (_tenant, id) => this.texts.get(id) ?? unknownFile(id),
    imageUrl: async (_tenant, id) => this.pictures.get(id) ?? unknownFile(id),
    imageUrlOf: (content) => `data:image/png;base64,${Buffer.from(content).toString("base64")}`,
    textOf: async (content) => Buffer.from(content).toString(),
  };

  /** The one method that the engine calls. */
  readonly prompts = {
    get: async (_tenant: string, id: string, version = "1") => {
      const prompt = this.templates.get(id)?.[Number(version) - 1];
      if (prompt === undefined) return undefined;
      const found: PromptObject = {
        id,
        object: "prompt",
        name: null,
        prompt,
        variables: variablesOf(prompt),
        version,
        default_version: "1",
        created_at: 0,
      };
      return found;
    },
  } as PromptStore;
}

function unknownFile(id: string): never {
  throw notFound(`No such File object: ${id}`);
}

/** A passage as a search finds it. */
export function passage(fileId: string, filename: string, text: string, score = 0.5): SearchResultObject {
  return { file_id: fileId, filename, score, attributes: {}, content: [{ type: "text", text }] };
}
