/** A model of a list, as its server describes it. */
export interface ModelEntry {
  id: string;
  [key: string]: unknown;
}

/**
 * The models in the body of `GET /models`: of `{"data": […]}`, or of a bare list. Entries without an id are left out.
 * Undefined where it is neither.
 */
export function modelEntries(body: unknown): ModelEntry[] | undefined {
  const list = Array.isArray(body) ? body : (body as { data?: unknown } | null | undefined)?.data;
  // Ollama without models sends null.
  if (list === null) return [];
  return Array.isArray(list) ? list.filter(isModel) : undefined;
}

function isModel(entry: unknown): entry is ModelEntry {
  return typeof entry === "object" && entry !== null && typeof (entry as ModelEntry).id === "string";
}
