import type { OutputItem } from "@gateway/protocol";
import { OpenCompaction } from "./open-compaction.ts";
import { OpenFunctionCall } from "./open-function-call.ts";
import type { Emit, OpenItem } from "./open-item.ts";
import { OpenMessage } from "./open-message.ts";
import { OpenReasoning } from "./open-reasoning.ts";
import type { SealText } from "./reasoning/seal-thoughts.ts";
import { OpenFileSearch } from "./tools/open-file-search.ts";

/**
 * Opens an item of the same kind, id and settings as one that has been opened before, as yet without what is said in
 * it. A search is told to its end by closing it.
 */
export function openLike(item: OutputItem, index: number, emit: Emit, seal?: SealText): OpenItem {
  switch (item.type) {
    case "message":
      return new OpenMessage(item.id, index, emit);
    case "reasoning":
      return new OpenReasoning(item.id, index, emit, item.summary.length > 0, seal);
    case "function_call":
      return new OpenFunctionCall(item.id, index, emit, { callId: item.call_id, name: item.name });
    case "compaction":
      return new OpenCompaction(item.id, index, emit, () => item.encrypted_content);
    case "file_search_call": {
      const { queries, results, status } = item;
      return new OpenFileSearch(item.id, index, emit, queries, () =>
        status === "failed" ? undefined : (results ?? []),
      );
    }
  }
}
