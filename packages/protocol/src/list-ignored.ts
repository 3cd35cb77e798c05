import { withoutEffectInCalls } from "./client-tools.ts";
import { type CreateRequest, knownFields } from "./create-request.ts";
import { noServices, type Services, withoutEffectIn } from "./hosted-tools.ts";
import { listIgnoredInside } from "./list-ignored-inside.ts";
import { listReplacedTools } from "./list-replaced-tools.ts";
import { toolsOf } from "./placed-tools.ts";
import { toShownName } from "./to-shown-name.ts";
import { isOffered } from "./tools.ts";

/** Something in a request that is accepted but will have no effect. */
export interface Ignored {
  /** The field's path. */
  param: string;
  /** What was asked for there, where it is the value and not the field that has no effect. */
  value?: string;
  /** How it is told, where that is not by path and value; the paths of fields of which there are many are folded. */
  names?: readonly string[];
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

/** Fields of the API that change what is answered, so that no create request may have them. */
const refused: ReadonlySet<string> = new Set(["multi_agent"]);

/** Whether a create request of the API has such a field at all. */
export function isDocumented(field: string): boolean {
  return knownFields.has(field) || withoutEffect.has(field) || refused.has(field);
}

/**
 * Lists what will have no effect where the server has these services, in the order: fields, parts of fields, tools,
 * fields that the API does not have inside of others. `body` is what `request` was read from.
 */
export function listIgnored(
  request: CreateRequest,
  body: object,
  services: Services = noServices,
): Ignored[] {
  const ignored: Ignored[] = [];
  for (const param of Object.keys(request)) {
    const documented = withoutEffect.has(param);
    if (documented || !knownFields.has(param)) ignored.push({ param: toShownName(param), documented });
  }
  if (request.reasoning?.mode != null) ignored.push({ param: "reasoning.mode", documented: true });
  const tools = toolsOf(request);
  for (const { declared, param } of tools) {
    if (!isOffered(declared, services))
      ignored.push({ param: `${param}.type`, value: declared.type, documented: true });
    else
      for (const key of [...withoutEffectIn(declared), ...withoutEffectInCalls(declared)])
        ignored.push({ param: `${param}.${key}`, documented: true });
  }
  return [...ignored, ...listReplacedTools(tools), ...listIgnoredInside(body)];
}
