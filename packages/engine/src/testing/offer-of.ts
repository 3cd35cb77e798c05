import type { Tool } from "@gateway/protocol";
import { openClientTools } from "../tools/client/open-client-tools.ts";
import type { Offer } from "../tools/offer-tools.ts";
import type { ServerTool } from "../tools/server-tool.ts";

/** What a request with these tools offers; the tools named in `servers` run here and are never carried out. */
export function offerOf(tools: readonly Tool[], ...servers: string[]): Offer {
  const toServer = (name: string): [string, ServerTool] => [
    name,
    {
      type: "file_search",
      itemType: "file_search_call",
      definition: { type: "function", name },
      call: () => {
        throw new Error("not to be carried out");
      },
    },
  ];
  const placed = tools.map((declared, index) => ({ declared, param: `tools[${index}]` }));
  const toolbox = { tools: placed, found: new Set<never>(), searches: false, wanted: [] };
  const { clients, deferred } = openClientTools(toolbox, () => {});
  return {
    clients,
    servers: new Map(servers.map(toServer)),
    reserved: new Set([...clients.keys(), ...servers]),
    deferred,
    load: ({ offered, tool }) => void clients.set(offered, tool),
  };
}
