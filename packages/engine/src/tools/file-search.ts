import type { FileSearchResult, FileSearchTool, FunctionTool } from "@gateway/protocol";
import { OpenFileSearch } from "./open-file-search.ts";
import { readQueries } from "./read-arguments.ts";
import type { Opening, ServerCall, ServerTool } from "./server-tool.ts";

/** What the model is shown when nobody says how much. A chunk has 800 tokens, and local models have short contexts. */
const defaultLimit = 10;
/** Queries of a call, and characters of each; a model in a loop would write on. */
const queryLimits = { most: 8, chars: 4096 };

/** Opens the `file_search` tool of a request. Throws a 404 {@link ApiError} where a vector store does not exist. */
export async function openFileSearchTool(
  declared: FileSearchTool,
  { name, param, scope, deps }: Opening,
): Promise<ServerTool> {
  await deps.knowledge.check(scope.tenant, declared.vector_store_ids, `${param}.vector_store_ids`);
  const search = async (queries: readonly string[], signal: AbortSignal): Promise<FileSearchResult[]> => {
    const found = await deps.knowledge.search(
      scope.tenant,
      {
        storeIds: declared.vector_store_ids,
        queries,
        filter: declared.filters ?? undefined,
        limit: declared.max_num_results ?? defaultLimit,
        ranking: declared.ranking_options ?? undefined,
      },
      signal,
    );
    return found.map(({ content, ...file }) => ({
      ...file,
      text: content.map(({ text }) => text).join("\n"),
    }));
  };
  return {
    type: declared.type,
    itemType: "file_search_call",
    definition: toDefinition(name),
    call(args, signal): ServerCall {
      const queries = readQueries(args, queryLimits);
      let results: FileSearchResult[] | undefined;
      const work = search(queries, signal).then(
        (found) => {
          results = found;
        },
        (thrown: unknown) => {
          signal.throwIfAborted();
          // The model is told, and may answer without: one search that fails need not end the response.
          scope.onFault("a file search failed", thrown);
        },
      );
      return {
        work,
        open: (id, index, emit) => new OpenFileSearch(id, index, emit, queries, () => results),
      };
    },
  };
}

function toDefinition(name: string): FunctionTool {
  return {
    type: "function",
    name,
    description:
      "Searches the files that are at hand for this conversation and returns the passages that fit best. Use it before you answer whenever they may hold the answer.",
    parameters: {
      type: "object",
      properties: {
        queries: {
          type: "array",
          items: { type: "string" },
          minItems: 1,
          maxItems: queryLimits.most,
          description: "What to look for, in full words; several wordings or aspects find more.",
        },
      },
      required: ["queries"],
      additionalProperties: false,
    },
    strict: false,
  };
}
