import * as z from "zod";
import { metadata } from "./attributes.ts";
import { promptVariable } from "./content.ts";
import { within } from "./integer.ts";
import { inputItem } from "./items.ts";
import { listOf } from "./list-of.ts";
import { effort, textFormat } from "./model-settings.ts";
import { tool, toolChoice } from "./tools.ts";

const reasoning = z.looseObject({
  effort: effort.nullish(),
  summary: z.enum(["auto", "concise", "detailed"]).nullish(),
  generate_summary: z.enum(["auto", "concise", "detailed"]).nullish(),
  context: z.enum(["auto", "current_turn", "all_turns"]).nullish(),
  mode: z.enum(["standard", "pro"]).nullish(),
});

/** Values of `include`; also taken by the GET routes. */
export const includable = z.enum([
  "file_search_call.results",
  "web_search_call.results",
  "web_search_call.action.sources",
  "message.input_image.image_url",
  "computer_call_output.output.image_url",
  "code_interpreter_call.outputs",
  "reasoning.encrypted_content",
  "message.output_text.logprobs",
]);

/**
 * The body of `POST /v1/responses` (API reference, "Create a model response", November 2026), with the
 * sampling extensions that peers take too (`frequency_penalty`, `presence_penalty`, `seed`, `stop`).
 * Null means absent: top-level nulls are removed before this schema sees the body.
 */
export const createRequest = z.looseObject({
  model: z.string().min(1).max(256),
  input: z.union([z.string(), listOf(inputItem)]).optional(),
  instructions: z.string().optional(),
  previous_response_id: z.string().min(1).max(256).optional(),
  conversation: z
    .union([z.string().min(1).max(256), z.looseObject({ id: z.string().min(1).max(256) })])
    .transform((value) => (typeof value === "string" ? value : value.id))
    .optional(),
  store: z.boolean().optional(),
  background: z.boolean().optional(),
  stream: z.boolean().optional(),
  stream_options: z.looseObject({ include_obfuscation: z.boolean().nullish() }).optional(),
  include: listOf(includable).optional(),
  tools: listOf(tool).optional(),
  tool_choice: toolChoice.optional(),
  parallel_tool_calls: z.boolean().optional(),
  max_tool_calls: z
    .int()
    .check(within({ min: 1 }))
    .optional(),
  max_output_tokens: z
    .int()
    .check(within({ min: 16 }))
    .optional(),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_logprobs: z
    .int()
    .check(within({ min: 0, max: 20 }))
    .optional(),
  text: z
    .looseObject({ format: textFormat.nullish(), verbosity: z.enum(["low", "medium", "high"]).nullish() })
    .optional(),
  reasoning: reasoning.optional(),
  truncation: z.enum(["auto", "disabled"]).optional(),
  context_management: listOf(
    z.looseObject({
      type: z.literal("compaction"),
      compact_threshold: z
        .int()
        .check(within({ min: 1000 }))
        .nullish(),
    }),
  ).optional(),
  prompt: z
    .looseObject({
      id: z.string().min(1).max(256),
      version: z
        .union([z.string().min(1), z.int()])
        .transform(String)
        .nullish(),
      variables: z.record(z.string(), promptVariable).nullish(),
    })
    .optional(),
  metadata: metadata.optional(),
  user: z.string().optional(),
  safety_identifier: z.string().max(128).optional(),
  prompt_cache_key: z.string().optional(),
  service_tier: z.enum(["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"]).optional(),
  frequency_penalty: z.number().min(-2).max(2).optional(),
  presence_penalty: z.number().min(-2).max(2).optional(),
  seed: z.int().optional(),
  stop: z.union([z.string(), z.array(z.string()).max(16)]).optional(),
});

/** A valid create request: what {@link createRequest} lets through. */
export type CreateRequest = z.infer<typeof createRequest>;

/** Names of all fields that {@link createRequest} knows; everything else is an unknown field. */
export const knownFields: ReadonlySet<string> = new Set(Object.keys(createRequest.shape));
