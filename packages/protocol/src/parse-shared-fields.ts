import type { CreateRequest } from "./create-request.ts";
import { unprocessable } from "./errors.ts";
import type { Services } from "./hosted-tools.ts";
import { isDocumented } from "./list-ignored.ts";
import { type ParsedCreateRequest, parseCreateRequest } from "./parse-create-request.ts";
import { toShownName } from "./to-shown-name.ts";

/** An endpoint that takes some of the fields of a create request. */
export interface SharedFields {
  /** Those that it makes use of. */
  used: readonly (keyof CreateRequest)[];
  /** What it does, as a sentence says it: "a compaction". */
  purpose: string;
  /** Fields of its own in the API that have no effect here. */
  own?: readonly string[];
}

/**
 * Validates the fields of a body that an endpoint has in common with a create request, as {@link parseCreateRequest}
 * does. All others, except null, are named in `ignored`, first. Throws a 422 {@link ApiError} naming the field; with
 * `strict` also for what would only be listed in `ignored`.
 */
export function parseSharedFields(
  body: unknown,
  strict: boolean,
  { used, purpose, own = [] }: SharedFields,
  services: Services,
): ParsedCreateRequest {
  // What is no object is refused there.
  if (typeof body !== "object" || body === null || Array.isArray(body))
    return parseCreateRequest(body, strict, services);
  const given = Object.entries(body).filter(([, value]) => value !== null);
  const isUsed = (field: string) => (used as readonly string[]).includes(field);
  const { request, ignored } = parseCreateRequest(
    Object.fromEntries(given.filter(([field]) => isUsed(field))),
    strict,
    services,
  );
  const others = given.flatMap(([field]) => (isUsed(field) ? [] : [toShownName(field)]));
  const [first] = others;
  if (strict && first !== undefined) {
    throw unprocessable(`'${first}' has no effect on ${purpose}, and strict_params is on.`, {
      param: first,
      code: own.includes(first) || isDocumented(first) ? "unsupported_value" : "unknown_parameter",
    });
  }
  return { request, ignored: [...others, ...ignored] };
}
