import type { Fault } from "./fault.ts";

/**
 * What an error has for a status that has none of its own, since it came inside a stream: that of its code (API reference,
 * "Error codes", and the codes of `response.error`), else that of its type. Undefined where neither says one.
 */
export function statusOfFault({ status, code, type }: Fault): number | undefined {
  if (status !== undefined) return status;
  return statusesOfCodes.get(code ?? "") ?? statusesOfTypes.get(type ?? "");
}

/** Codes with which a server says in the middle of an answer that it has failed. They are kept: clients know them. */
export const serverCodes: ReadonlySet<string | null> = new Set(["server_error", "vector_store_timeout"]);

/** Codes with which a server says that it has too much to do: it can be asked again. */
export const overloadCodes: ReadonlySet<string | null> = new Set(["server_is_overloaded", "slow_down"]);

const statusesOfCodes: ReadonlyMap<string, number> = new Map([
  ...withStatus(
    400,
    "invalid_prompt",
    "context_length_exceeded",
    "invalid_image",
    "invalid_image_format",
    "invalid_image_url",
    "invalid_image_mode",
    "invalid_base64_image",
    "image_too_large",
    "image_too_small",
    "image_parse_error",
    "image_file_too_large",
    "unsupported_image_media_type",
    "empty_image_file",
    "failed_to_download_image",
    "image_file_not_found",
    "image_content_policy_violation",
    "content_policy_violation",
    "content_filter",
    "data_residency_mismatch",
    "bio_policy",
    "misalignment_policy_violation",
  ),
  ...withStatus(401, "invalid_api_key"),
  ...withStatus(404, "model_not_found"),
  ...withStatus(429, "rate_limit_exceeded", "insufficient_quota", "slow_down"),
  ...withStatus(500, "server_error", "vector_store_timeout"),
  ...withStatus(503, "server_is_overloaded"),
]);

const statusesOfTypes: ReadonlyMap<string, number> = new Map([
  ...withStatus(400, "invalid_request_error"),
  ...withStatus(401, "authentication_error"),
  ...withStatus(403, "permission_error"),
  ...withStatus(429, "rate_limit_error", "tokens", "requests", "insufficient_quota"),
]);

function withStatus(status: number, ...names: string[]): [string, number][] {
  return names.map((name) => [name, status]);
}
