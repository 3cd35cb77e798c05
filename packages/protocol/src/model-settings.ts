import * as z from "zod";

/** The form that an answer's text is to have. */
export const textFormat = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("text") }),
  z.looseObject({ type: z.literal("json_object") }),
  z.looseObject({
    type: z.literal("json_schema"),
    name: z
      .string()
      .min(1)
      .max(64)
      .regex(/^[a-zA-Z0-9_-]+$/, "must consist of letters, digits, underscores and dashes"),
    schema: z.record(z.string(), z.unknown()),
    strict: z.boolean().nullish(),
    description: z.string().nullish(),
  }),
]);

/** How hard a model is to think. */
export const effort = z.enum(["none", "minimal", "low", "medium", "high", "xhigh", "max"]);

export type TextFormat = z.infer<typeof textFormat>;
