import * as z from "zod";

/** Refuses an object with more than 16 properties before any of them is looked at. */
const upTo16Properties = z
  .unknown()
  .refine(
    (value) => typeof value !== "object" || value === null || Object.keys(value).length <= 16,
    "must not have more than 16 properties",
  );

/** Up to 16 pairs; keys up to 64 characters, values up to 512. */
export const metadata = upTo16Properties.pipe(z.record(z.string().max(64), z.string().max(512)));

/** A value that searches may filter by. */
export const attributeValue = z.union([z.string().max(512), z.number(), z.boolean()]);

/** What a vector store knows of a file beside its text; searches filter by it. */
export const attributes = upTo16Properties.pipe(z.record(z.string().max(64), attributeValue));

export type AttributeValue = z.infer<typeof attributeValue>;
export type Attributes = z.infer<typeof attributes>;
