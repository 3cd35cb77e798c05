import type { ModelInfo } from "@gateway/engine";

/** Fields of a listed model that are passed on besides the four that OpenAI has. */
const extras = ["description", "shutdown_date", "context_length", "max_model_len"] as const;

/**
 * Reads the body of `GET /models`: `{"data": […]}`, or a bare list. Entries without an id are left out. Returns
 * undefined where it is neither. `owner` is named where the server names none.
 */
export function fromModelList(body: unknown, owner: string): ModelInfo[] | undefined {
  const list = Array.isArray(body) ? body : (body as { data?: unknown } | null)?.data;
  // Ollama without models sends null.
  if (list === null) return [];
  if (!Array.isArray(list)) return undefined;
  return list.filter(isModel).map((model) => toModelInfo(model, owner));
}

type ListedModel = { id: string; [key: string]: unknown };

function isModel(entry: unknown): entry is ListedModel {
  return typeof entry === "object" && entry !== null && typeof (entry as ListedModel).id === "string";
}

function toModelInfo(model: ListedModel, owner: string): ModelInfo {
  const info: ModelInfo = {
    id: model.id,
    object: "model",
    created: typeof model.created === "number" ? model.created : 0,
    owned_by: typeof model.owned_by === "string" && model.owned_by !== "" ? model.owned_by : owner,
  };
  for (const key of extras) if (model[key] != null) info[key] = model[key];
  return info;
}
