import { isMcpOutput, type OutputItem } from "@gateway/protocol";
import { OpenImageCall } from "./images/open-image-call.ts";
import { openMcpLike } from "./mcp/open-mcp-like.ts";
import { OpenCompaction } from "./open-compaction.ts";
import { OpenFunctionCall } from "./open-function-call.ts";
import type { Emit, OpenItem } from "./open-item.ts";
import { OpenMessage } from "./open-message.ts";
import { OpenReasoning } from "./open-reasoning.ts";
import type { SealText } from "./reasoning/seal-thoughts.ts";
import { OpenCodeCall } from "./sandbox/open-code-call.ts";
import { OpenCustomCall } from "./tools/client/open-custom-call.ts";
import { OpenShellCall } from "./tools/client/open-shell-call.ts";
import { OpenWholeCall } from "./tools/client/open-whole-call.ts";
import { OpenFileSearch } from "./tools/open-file-search.ts";
import { openInTurn, turnOf } from "./tools/parallel-to.ts";
import { OpenWebSearch } from "./web/open-web-search.ts";

/**
 * Opens an item of the same kind, id and settings as one that has been opened before, as yet without what is said in
 * it. A search is told to its end by closing it.
 */
export function openLike(item: OutputItem, index: number, emit: Emit, seal?: SealText): OpenItem {
  return openInTurn(turnOf(item), emit, (marking) => openKind(item, index, marking, seal));
}

function openKind(item: OutputItem, index: number, emit: Emit, seal?: SealText): OpenItem {
  if (isMcpOutput(item)) return openMcpLike(item, index, emit);
  switch (item.type) {
    case "message":
      return new OpenMessage(item.id, index, emit);
    case "reasoning":
      return new OpenReasoning(item.id, index, emit, item.summary.length > 0, seal);
    case "function_call":
      return new OpenFunctionCall(item.id, index, emit, { ...item, callId: item.call_id });
    case "custom_tool_call":
      return new OpenCustomCall(item.id, index, emit, { ...item, callId: item.call_id });
    case "shell_call":
      return new OpenShellCall(item, index, emit);
    case "local_shell_call":
    case "apply_patch_call":
    case "computer_call":
    case "tool_search_call":
    case "tool_search_output":
      return new OpenWholeCall({ ...item }, index, emit);
    case "compaction":
      return new OpenCompaction(item.id, index, emit, () => item.encrypted_content);
    case "web_search_call": {
      const { action, results, error, status } = item;
      return new OpenWebSearch(item.id, index, emit, action, () =>
        status === "failed" ? { error: error ?? "It failed." } : { results: results ?? [] },
      );
    }
    case "code_interpreter_call": {
      const { id, container_id: containerId, outputs, files = [], status } = item;
      const completed = status === "completed";
      return new OpenCodeCall({ id, index, emit, containerId, code: undefined }, () =>
        outputs === null ? undefined : { completed, outputs, files },
      );
    }
    case "image_generation_call": {
      const { type: _type, id, status: _status, result, error, ...facts } = item;
      return new OpenImageCall(id, index, emit, () => {
        if (result !== null) return { result, facts };
        return error && { error, facts };
      });
    }
    case "file_search_call": {
      const { queries, results, status } = item;
      return new OpenFileSearch(item.id, index, emit, queries, () =>
        status === "failed" ? undefined : (results ?? []),
      );
    }
  }
}
