import { servicesFor } from "@gateway/engine";
import type { ParsedCreateRequest, Services } from "@gateway/protocol";
import type { AppDeps } from "./context.ts";

/** What reads a body: see `parseCreateRequest`. */
type Parse = (body: unknown, strict: boolean, services: Services) => ParsedCreateRequest;

/**
 * Reads a body that says what a model is to be asked, as this server is configured: with its default model, as strictly as
 * it says, and knowing which hosted tools are carried out. Throws the 422 of `parse`.
 */
export async function parseForModel(
  body: unknown,
  parse: Parse,
  { config, engine }: Pick<AppDeps, "config" | "engine">,
): Promise<ParsedCreateRequest> {
  const given = withDefaultModel(body, config.default_model);
  return parse(given, config.strict_params, await servicesFor(given, engine));
}

/** A body that names no model, with the one that the configuration gives; any other body as it is. */
function withDefaultModel(body: unknown, model: string | undefined): unknown {
  if (model === undefined || typeof body !== "object" || body === null || Array.isArray(body)) return body;
  return "model" in body && body.model !== null ? body : { ...body, model };
}
