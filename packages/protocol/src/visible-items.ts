import { toVisibleCodeCall } from "./code-interpreter.ts";
import type { CreateRequest } from "./create-request.ts";
import { toVisibleWebSearch } from "./hosted-calls.ts";
import type { ResponseObject } from "./response.ts";

type Include = NonNullable<CreateRequest["include"]>;

/**
 * An item as an answer shows it: what is stored with it but only told where `include` asks for it is left out
 * (what a search has found, a thought's sealed form), and so is what a list of tools was asked for with: the API does not
 * have it, and other servers refuse it where it is sent to them. Everything else is the item itself, not a copy.
 */
export function toVisibleItem<T extends { type: string }>(item: T, include: Include = []): T {
  if (item.type === "mcp_list_tools") return toVisibleList(item);
  if (item.type === "web_search_call") return toVisibleWebSearch(item, include);
  if (item.type === "code_interpreter_call") return toVisibleCodeCall(item, include);
  if (item.type === "file_search_call" && !include.includes("file_search_call.results")) {
    return { ...item, results: null };
  }
  if (
    item.type === "reasoning" &&
    "encrypted_content" in item &&
    !include.includes("reasoning.encrypted_content")
  ) {
    const shown: T & { encrypted_content?: unknown } = { ...item };
    delete shown.encrypted_content;
    return shown;
  }
  return item;
}

function toVisibleList<T extends { type: string }>(item: T): T {
  const shown: T & Partial<Record<(typeof listNotes)[number], unknown>> = { ...item };
  for (const name of listNotes) delete shown[name];
  return shown;
}

const listNotes = ["server_url", "connector_id", "allowed_tools"] as const;

/** A response as an answer shows it; see {@link toVisibleItem}. */
export function toVisibleResponse(response: ResponseObject, include: Include = []): ResponseObject {
  const output = response.output.map((item) => toVisibleItem(item, include));
  return output.some((item, index) => item !== response.output[index]) ? { ...response, output } : response;
}
