import type { ResponseEvent } from "@gateway/protocol";
import type { ResponseBuilder } from "../response-builder.ts";
import { McpListFailure } from "./list-tools.ts";
import { OpenMcpList } from "./open-mcp-list.ts";
import type { FreshList } from "./open-mcp-tools.ts";

/** The events that tell of the tools of servers, each list an item of its own. */
export function tellLists(builder: ResponseBuilder, lists: readonly FreshList[]): ResponseEvent[] {
  for (const list of lists) tellList(builder, list.label, list);
  return builder.take();
}

/** The events of a list of tools that failed, where that is why a response fails; none for any other failure. */
export function tellFailedList(builder: ResponseBuilder, failure: unknown): ResponseEvent[] {
  if (!(failure instanceof McpListFailure)) return [];
  tellList(builder, failure.label, { error: failure.reason });
  return builder.take();
}

function tellList(
  builder: ResponseBuilder,
  label: string,
  listing: ConstructorParameters<typeof OpenMcpList>[4],
): void {
  const open = builder.open(
    "mcp_list_tools",
    (id, index, emit) => new OpenMcpList(id, index, emit, label, listing),
  );
  builder.close(open, "completed");
}
