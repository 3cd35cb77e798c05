import type { Annotation } from "@gateway/protocol";

/**
 * Translates `delta.annotations`. Chat completions nest what an annotation says under its type
 * (`{type: "url_citation", url_citation: {…}}`); responses have it flat.
 */
export function fromChatAnnotations(annotations: unknown): Annotation[] {
  return Array.isArray(annotations) ? annotations.filter(isAnnotation).map(flatten) : [];
}

function isAnnotation(value: unknown): value is Annotation {
  return typeof value === "object" && value !== null && typeof (value as Annotation).type === "string";
}

function flatten(annotation: Annotation): Annotation {
  const { type, [type]: nested, ...rest } = annotation;
  return typeof nested === "object" && nested !== null ? { type, ...rest, ...nested } : annotation;
}
