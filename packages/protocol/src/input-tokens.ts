import * as z from "zod";
import type { CreateRequest } from "./create-request.ts";
import { noServices, type Services } from "./hosted-tools.ts";
import type { ParsedCreateRequest } from "./parse-create-request.ts";
import { parseSharedFields } from "./parse-shared-fields.ts";
import { validate } from "./validate.ts";

/** The answer of `POST /v1/responses/input_tokens`. */
export interface InputTokens {
  object: "response.input_tokens";
  input_tokens: number;
}

/** Fields that a count has in common with a create request (API reference, "Get input token counts"). */
const counted = [
  "model",
  "input",
  "instructions",
  "previous_response_id",
  "conversation",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "text",
  "reasoning",
  "truncation",
] as const satisfies readonly (keyof CreateRequest)[];

/** A style of OpenAI's own models; here it changes nothing. */
const withPersonality = z.looseObject({ personality: z.string().max(64).nullish() });

/**
 * Validates the body of `POST /v1/responses/input_tokens` as `parseCreateRequest` would the fields that count; only the
 * model has to be there. Throws a 422 `ApiError` naming the field; with `strict` also for what would only be listed in
 * `ignored`.
 */
export function parseCountRequest(
  body: unknown,
  strict: boolean,
  services: Services = noServices,
): ParsedCreateRequest {
  const { input, ...fields } = validate(withPersonality, body);
  const shared = { used: counted, purpose: "a count of tokens", own: ["personality"] };
  return parseSharedFields({ ...fields, input: input ?? [] }, strict, shared, services);
}
