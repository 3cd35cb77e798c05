import type { ModelInfo } from "@gateway/engine";
import { type ModelEntry, modelEntries } from "../server/model-entries.ts";

/** Fields of a listed model that are passed on besides the four that OpenAI has. */
const extras = ["description", "shutdown_date", "context_length", "max_model_len"] as const;

/**
 * Reads the body of `GET /models` ({@link modelEntries}); undefined where it is no list. `owner` is named where the server
 * names none.
 */
export function fromModelList(body: unknown, owner: string): ModelInfo[] | undefined {
  return modelEntries(body)?.map((model) => toModelInfo(model, owner));
}

function toModelInfo(model: ModelEntry, owner: string): ModelInfo {
  const info: ModelInfo = {
    id: model.id,
    object: "model",
    created: typeof model.created === "number" ? model.created : 0,
    owned_by: typeof model.owned_by === "string" && model.owned_by !== "" ? model.owned_by : owner,
  };
  for (const key of extras) if (model[key] != null) info[key] = model[key];
  return info;
}
