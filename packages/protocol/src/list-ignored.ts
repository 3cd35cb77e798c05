import { toolsOf } from "./check-tool-choice.ts";
import { type CreateRequest, knownFields } from "./create-request.ts";
import { isEmptyWebSearch } from "./hosted-calls.ts";
import { noServices, type Services, withoutEffectIn } from "./hosted-tools.ts";
import { isOffered } from "./tools.ts";

/** Something in a request that is accepted but will have no effect. */
export interface Ignored {
  /** The field's path. */
  param: string;
  /** What was asked for there, where it is the value and not the field that has no effect. */
  value?: string;
  /** Whether the API has such a field at all. */
  documented: boolean;
}

/** Fields of the API that are harmless to leave out and have no effect on a chat-completions backend. */
const withoutEffect: ReadonlySet<string> = new Set([
  "access_programs",
  "image",
  "moderation",
  "prompt_cache_options",
  "prompt_cache_retention",
]);

/**
 * Lists what will have no effect where the server has these services, in the order: fields, parts of fields, tools,
 * items.
 */
export function listIgnored(request: CreateRequest, services: Services = noServices): Ignored[] {
  const ignored: Ignored[] = [];
  for (const param of Object.keys(request)) {
    const documented = withoutEffect.has(param);
    if (documented || !knownFields.has(param)) ignored.push({ param, documented });
  }
  for (const field of ["context", "mode"] as const) {
    if (request.reasoning?.[field] != null) ignored.push({ param: `reasoning.${field}`, documented: true });
  }
  for (const [index, value] of (request.include ?? []).entries()) {
    if (value === "reasoning.encrypted_content") {
      ignored.push({ param: `include[${index}]`, value, documented: true });
    }
  }
  for (const { declared, param } of toolsOf(request)) {
    if (!isOffered(declared, services))
      ignored.push({ param: `${param}.type`, value: declared.type, documented: true });
    else
      for (const key of withoutEffectIn(declared))
        ignored.push({ param: `${param}.${key}`, documented: true });
  }
  const items = Array.isArray(request.input) ? request.input : [];
  for (const [index, item] of items.entries()) {
    // What a search has found is all that it can tell a model.
    const empty = (item.type === "file_search_call" && item.results == null) || isEmptyWebSearch(item);
    if (empty) ignored.push({ param: `input[${index}].type`, value: item.type, documented: true });
  }
  return ignored;
}
