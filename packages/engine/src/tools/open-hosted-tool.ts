import {
  type Item,
  isCodeInterpreterTool,
  isFileSearchTool,
  isImageGenerationTool,
  isServed,
  isWebSearchTool,
  type PlacedTool,
  type Services,
} from "@gateway/protocol";
import type { EngineDeps, RequestScope } from "../engine-deps.ts";
import type { ImageMaker } from "../images/image-maker.ts";
import { openImageTool } from "../images/image-tool.ts";
import { openCodeInterpreterTool } from "../sandbox/code-interpreter-tool.ts";
import { openWebSearchTool, webActions } from "../web/web-search-tool.ts";
import { openFileSearchTool } from "./file-search.ts";
import type { ServerTool } from "./server-tool.ts";

/** What the hosted tools of a request are opened with. */
export interface HostedOpening {
  /** Gives a name like the wanted one that no other tool has; it is taken from then on. */
  take(wanted: string): string;
  scope: RequestScope;
  deps: Pick<EngineDeps, "knowledge" | "web" | "code">;
  /** What there are services for. */
  services: Services;
  images: ImageMaker | undefined;
  /** The context, oldest first. */
  items: readonly Item[];
}

/**
 * Opens a tool that this server carries out by itself, as one function or several, the one to begin with first; none for a
 * tool of another kind, and for one that there is no service for. Throws an {@link ApiError} where what it names is not
 * there.
 */
export async function openHostedTool(
  { declared, param }: PlacedTool,
  { take, scope, deps, services, images, items }: HostedOpening,
): Promise<ServerTool[]> {
  if (isFileSearchTool(declared))
    return [await openFileSearchTool(declared, { name: take(declared.type), param, scope, deps })];
  if (!isServed(declared, services)) return [];
  if (isCodeInterpreterTool(declared) && deps.code !== undefined) {
    const opening = { name: take(declared.type), param, scope, containers: deps.code, items };
    return [await openCodeInterpreterTool(declared, opening)];
  }
  if (isWebSearchTool(declared) && deps.web !== undefined) {
    const names = {
      search: take(webActions.search),
      open_page: take(webActions.open_page),
      find_in_page: take(webActions.find_in_page),
    };
    return openWebSearchTool(declared, { names, scope, web: deps.web });
  }
  if (isImageGenerationTool(declared) && images !== undefined)
    return [openImageTool(declared, { name: take(declared.type), scope, maker: images })];
  return [];
}
