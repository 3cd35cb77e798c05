import * as z from "zod";
import { listOf } from "./list-of.ts";

const id = z.string().min(1).max(512).nullish();
const status = z.string().nullish();

const webResult = z.looseObject({
  url: z.string(),
  title: z.string(),
  text: z.string(),
  published_at: z.string().nullish(),
});

const webSearchCall = z.looseObject({
  type: z.literal("web_search_call"),
  id,
  status,
  action: z
    .looseObject({
      type: z.string(),
      query: z.string().nullish(),
      queries: z.array(z.string()).nullish(),
      url: z.string().nullish(),
      pattern: z.string().nullish(),
      sources: listOf(z.looseObject({ type: z.unknown().optional(), url: z.string().nullish() })).nullish(),
    })
    .nullish(),
  results: listOf(webResult).nullish(),
  error: z.string().nullish(),
});

const imageGenerationCall = z.looseObject({
  type: z.literal("image_generation_call"),
  id,
  status,
  result: z.string().nullish(),
  revised_prompt: z.string().nullish(),
  action: z.unknown().optional(),
  background: z.unknown().optional(),
  output_format: z.unknown().optional(),
  quality: z.unknown().optional(),
  size: z.unknown().optional(),
  svg_usage: z.unknown().optional(),
  error: z.unknown().optional(),
});

/** What tells of searches in the web and of pictures that were made, as a caller sends it back. */
export const hostedCallItems = [webSearchCall, imageGenerationCall] as const;

type Stored<S extends z.ZodType> = z.infer<S> & { id: string };
export type WebSearchCallItem = Stored<typeof webSearchCall>;
export type ImageGenerationCallItem = Stored<typeof imageGenerationCall>;

/** Something that was found in the web, or a page that was read. */
export type WebSearchResult = {
  url: string;
  title: string;
  /** A passage, or the page's text as far as the model was shown it. */
  text: string;
  /** As the search engine says it. */
  published_at: string | null;
};

/** What the model did in the web. */
export type WebSearchAction =
  | {
      type: "search";
      /** The first of `queries`; the API's older form. */
      query: string;
      queries: string[];
      /** What was found; answers tell it only where `include` asks for it. */
      sources?: { type: "url"; url: string }[];
    }
  | { type: "open_page"; url: string }
  | { type: "find_in_page"; url: string; pattern: string };

/** A step in the web. `results` and `error` are stored with it; answers tell them only where `include` asks for it. */
export type OutputWebSearchCall = {
  type: "web_search_call";
  id: string;
  status: "in_progress" | "searching" | "completed" | "incomplete" | "failed";
  action: WebSearchAction;
  results?: WebSearchResult[] | null;
  /** Why it failed. */
  error?: string | null;
};

/** How a picture was made; each where it is known. */
export type ImageFacts = {
  action?: "generate";
  background?: string;
  output_format?: string;
  quality?: string;
  /** `1024x1024`. */
  size?: string;
  revised_prompt?: string;
};

/** A picture that was made, or is being made. The API knows no incomplete one. */
export type OutputImageGenerationCall = {
  type: "image_generation_call";
  id: string;
  status: "in_progress" | "generating" | "completed" | "failed";
  /** The picture in base64. */
  result: string | null;
  error?: { type: string; code: string | null; message: string; param: string | null };
} & ImageFacts;

/** What this server tells of searches in the web and of pictures. */
export type OutputHostedCall = OutputWebSearchCall | OutputImageGenerationCall;

/** A step in the web as an answer shows it; the item itself where it hides nothing. */
export function toVisibleWebSearch<T extends { type: string }>(item: T, include: readonly string[]): T {
  const { results, error, action, ...rest } = item as T & Partial<OutputWebSearchCall>;
  const hidesResults =
    (results !== undefined || error !== undefined) && !include.includes("web_search_call.results");
  const hidesSources =
    action?.type === "search" &&
    action.sources !== undefined &&
    !include.includes("web_search_call.action.sources");
  if (!hidesResults && !hidesSources) return item;
  const { sources: _sources, ...shown } = (action ?? {}) as { sources?: unknown };
  return {
    ...rest,
    ...(action !== undefined && { action: hidesSources ? shown : action }),
    ...(!hidesResults && {
      ...(results !== undefined && { results }),
      ...(error !== undefined && { error }),
    }),
  } as unknown as T;
}
