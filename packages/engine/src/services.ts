import type { Service, Services } from "@gateway/protocol";
import type { EngineDeps } from "./engine-deps.ts";
import type { ImageMaker } from "./images/image-maker.ts";
import type { ModelBackend } from "./model-backend.ts";

type ServiceDeps = Pick<EngineDeps, "web" | "images" | "code">;

/** What makes the pictures of a model's responses: what is configured for all, else the model's own server. */
export function imageMakerOf({ images }: ServiceDeps, backend?: ModelBackend): ImageMaker | undefined {
  return images ?? backend?.images;
}

/** The hosted tools that are carried out for the models of a backend; without one, those for all models. */
export function servicesOf(deps: ServiceDeps, backend?: ModelBackend): Services {
  const services = new Set<Service>();
  if (deps.web !== undefined) services.add("web_search");
  if (deps.code !== undefined) services.add("code_interpreter");
  if (imageMakerOf(deps, backend) !== undefined) services.add("image_generation");
  return services;
}

/**
 * The hosted tools that are carried out for a request, before it has been checked. Never throws: of a model that does not
 * exist is told when it is asked.
 */
export async function servicesFor(
  body: unknown,
  deps: ServiceDeps & Pick<EngineDeps, "catalog">,
): Promise<Services> {
  const { model } = (body ?? {}) as { model?: unknown };
  // Only who wants pictures has to wait until the model's server is known.
  const depends = deps.images === undefined && typeof model === "string" && asksForImages(body);
  const route = depends ? await deps.catalog.resolve(model).catch(() => undefined) : undefined;
  return servicesOf(deps, route?.backend);
}

/** Whether the tools of a body, or those that items of its input add, have the one for pictures. */
function asksForImages(body: unknown): boolean {
  const { tools, input } = body as { tools?: unknown; input?: unknown };
  const lists = [
    tools,
    ...(Array.isArray(input) ? input.map((item: { tools?: unknown } | null) => item?.tools) : []),
  ];
  return lists.some(
    (list) =>
      Array.isArray(list) &&
      list.some((tool: { type?: unknown } | null) => tool?.type === "image_generation"),
  );
}
