import type { UserLocation, WebSearchTool } from "@gateway/protocol";
import type { DomainRule } from "./domains.ts";
import type { ContextSize } from "./web-search.ts";

/** How much the model is shown of each thing, in results and characters. */
export interface Portion {
  results: number;
  snippetChars: number;
  pageChars: number;
}

/** Local models have short contexts: what is shown has to be asked for. */
const portions: Record<ContextSize, Portion> = {
  low: { results: 5, snippetChars: 300, pageChars: 6_000 },
  medium: { results: 8, snippetChars: 800, pageChars: 16_000 },
  high: { results: 12, snippetChars: 2_000, pageChars: 48_000 },
};

/** What a declaration of the tool says, with every default filled in. */
export interface WebRule {
  domains: DomainRule;
  contextSize: ContextSize;
  portion: Portion;
  userLocation: UserLocation | undefined;
  /** Whether pages may be opened. */
  live: boolean;
}

/** Reads a declaration of the tool, of any spelling. */
export function toWebRule(declared: WebSearchTool): WebRule {
  const filters = "filters" in declared ? (declared.filters as Filters | null | undefined) : undefined;
  const contextSize = declared.search_context_size ?? "medium";
  return {
    domains: { allowed: filters?.allowed_domains ?? [], blocked: filters?.blocked_domains ?? [] },
    contextSize,
    portion: portions[contextSize],
    userLocation: declared.user_location ?? undefined,
    live: !("external_web_access" in declared) || declared.external_web_access !== false,
  };
}

type Filters = { allowed_domains?: string[] | null; blocked_domains?: string[] | null };
