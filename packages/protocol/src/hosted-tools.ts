import * as z from "zod";
import { codeInterpreterTool, isCodeInterpreterTool, unmetWishes } from "./code-interpreter.ts";
import { within } from "./integer.ts";

/** Spellings of the web search tool, the later ones first; they mean the same here. */
const webSearchTypes = ["web_search", "web_search_2025_08_26"] as const;
const webSearchPreviewTypes = ["web_search_preview", "web_search_preview_2025_03_11"] as const;

const domain = z
  .string()
  .max(253)
  .regex(/^[^\s/:@?#]+\.[^\s/:@?#]+$/, 'must be a domain such as "example.com", without scheme and path');
const domains = z.array(domain).max(100).nullish();

/** Where the user is, roughly. */
const userLocation = z.looseObject({
  type: z.literal("approximate").nullish(),
  city: z.string().max(256).nullish(),
  /** Two letters, ISO 3166-1. */
  country: z.string().max(64).nullish(),
  region: z.string().max(256).nullish(),
  /** IANA name. */
  timezone: z.string().max(64).nullish(),
});

const contextSize = z.enum(["low", "medium", "high"]).nullish();
/** Documented for the preview alone, but taken with either. */
const contentTypes = z.array(z.enum(["text", "image"])).nullish();

const webSearchTool = z.looseObject({
  type: z.enum(webSearchTypes),
  filters: z.looseObject({ allowed_domains: domains, blocked_domains: domains }).nullish(),
  search_content_types: contentTypes,
  search_context_size: contextSize,
  user_location: userLocation.nullish(),
  /** False: nothing is fetched for the answer but what the search engine says. */
  external_web_access: z.boolean().nullish(),
});

const webSearchPreviewTool = z.looseObject({
  type: z.enum(webSearchPreviewTypes),
  search_content_types: contentTypes,
  search_context_size: contextSize,
  user_location: userLocation.nullish(),
});

const imageGenerationTool = z.looseObject({
  type: z.literal("image_generation"),
  action: z.enum(["generate", "edit", "auto"]).nullish(),
  background: z.enum(["transparent", "opaque", "auto"]).nullish(),
  input_fidelity: z.enum(["high", "low"]).nullish(),
  input_image_mask: z
    .looseObject({ image_url: z.unknown().optional(), file_id: z.unknown().optional() })
    .nullish(),
  model: z.string().min(1).max(256).nullish(),
  moderation: z.enum(["auto", "low"]).nullish(),
  output_compression: z
    .int()
    .check(within({ min: 0, max: 100 }))
    .nullish(),
  output_format: z.enum(["png", "webp", "jpeg", "gif", "svg"]).nullish(),
  partial_images: z
    .int()
    .check(within({ min: 0, max: 3 }))
    .nullish(),
  quality: z.enum(["low", "medium", "high", "xhigh", "max", "auto"]).nullish(),
  size: z
    .string()
    .regex(/^(?:auto|[1-9]\d{1,4}x[1-9]\d{1,4})$/, 'must be "auto" or a size such as "1024x1024"')
    .nullish(),
});

/** Tools that this server carries out where it has been given a service for them. */
export const serviceTools = [
  webSearchTool,
  webSearchPreviewTool,
  imageGenerationTool,
  codeInterpreterTool,
] as const;

/** The `type` of every such tool. */
export const serviceTypes = [
  ...webSearchTypes,
  ...webSearchPreviewTypes,
  "image_generation",
  "code_interpreter",
] as const;

export type WebSearchTool = z.infer<typeof webSearchTool> | z.infer<typeof webSearchPreviewTool>;
export type ImageGenerationTool = z.infer<typeof imageGenerationTool>;
export type UserLocation = z.infer<typeof userLocation>;

/** What a server may have a service for. */
export type Service = "web_search" | "image_generation" | "code_interpreter";

/** The services that are at hand for a request. */
export type Services = ReadonlySet<Service>;

/** What a server has that was given none. */
export const noServices: Services = new Set();

const webSearchSpellings: ReadonlySet<string> = new Set([...webSearchTypes, ...webSearchPreviewTypes]);

/** True for the web search tool, in any of its spellings. */
export function isWebSearchTool(declared: { type: string }): declared is WebSearchTool {
  return webSearchSpellings.has(declared.type);
}

/** True for the tool that makes pictures. */
export function isImageGenerationTool(declared: { type: string }): declared is ImageGenerationTool {
  return declared.type === "image_generation";
}

/** The one name of a tool's type that has several spellings; every other type is its own. */
export function toolKind(type: string): string {
  return webSearchSpellings.has(type) ? "web_search" : type;
}

/** True where this server can carry the tool out. Pictures are made here, and not edited. */
export function isServed(declared: { type: string }, services: Services): boolean {
  if (isWebSearchTool(declared)) return services.has("web_search");
  if (isCodeInterpreterTool(declared)) return services.has("code_interpreter");
  if (!isImageGenerationTool(declared)) return false;
  return services.has("image_generation") && declared.action !== "edit";
}

/** Keys of a tool that is carried out which have no effect. */
export function withoutEffectIn(declared: { type: string }): string[] {
  if (isCodeInterpreterTool(declared)) {
    const { container } = declared;
    return typeof container === "object" && container !== null
      ? unmetWishes(container).map((key) => `container.${key}`)
      : [];
  }
  if (isImageGenerationTool(declared))
    return (["input_image_mask", "input_fidelity"] as const).filter((key) => declared[key] != null);
  if (!isWebSearchTool(declared) || !("search_content_types" in declared)) return [];
  return (declared.search_content_types as readonly string[] | null)?.includes("image") === true
    ? ["search_content_types"]
    : [];
}
