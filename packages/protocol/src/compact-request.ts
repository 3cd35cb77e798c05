import type { CreateRequest } from "./create-request.ts";
import { noServices, type Services } from "./hosted-tools.ts";
import type { InputItem, Item } from "./items.ts";
import type { ParsedCreateRequest } from "./parse-create-request.ts";
import { parseSharedFields } from "./parse-shared-fields.ts";
import type { Usage } from "./response.ts";

/** The answer of `POST /v1/responses/compact` (API reference, "Compact a response"). */
export interface CompactedResponse {
  id: string;
  object: "response.compaction";
  /** Unix time in seconds. */
  created_at: number;
  /** Messages of the user as they were, then the compaction item that stands for the rest. */
  output: Item[];
  usage: Usage;
}

/** Fields of a create request that say what is compacted, and how the model is asked. */
const used = [
  "model",
  "input",
  "instructions",
  "previous_response_id",
  "conversation",
  "prompt_cache_key",
  "service_tier",
  "reasoning",
  "temperature",
  "top_p",
  "seed",
  "user",
  "safety_identifier",
] as const satisfies readonly (keyof CreateRequest)[];

const trigger: InputItem = { type: "compaction_trigger" };

/**
 * Validates the body of `POST /v1/responses/compact` as `parseCreateRequest` would the fields that it has in common with
 * a create request. The request that is given is the one whose context is compacted: its input ends with a
 * `compaction_trigger`. Throws a 422 `ApiError` naming the field; with `strict` also for what would only be listed in
 * `ignored`.
 */
export function parseCompactRequest(
  body: unknown,
  strict: boolean,
  services: Services = noServices,
): ParsedCreateRequest {
  const { request, ignored } = parseSharedFields(body, strict, { used, purpose: "a compaction" }, services);
  const { input } = request;
  const items: InputItem[] =
    typeof input === "string" ? [{ type: "message", role: "user", content: input }] : (input ?? []);
  const ends = items.at(-1)?.type === "compaction_trigger";
  return { request: { ...request, input: ends ? items : [...items, trigger] }, ignored };
}
