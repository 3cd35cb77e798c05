import * as z from "zod";
import { listOf } from "./list-of.ts";
import { effort, textFormat } from "./model-settings.ts";
import { tool } from "./tools.ts";

const id = z.string().min(1).max(512).nullish();

/** Tools that a model can be offered from here on. */
const additionalTools = z.looseObject({
  type: z.literal("additional_tools"),
  id,
  role: z.literal("developer"),
  tools: listOf(tool),
});

/** What a search for tools has found: they can be called from here on. */
const toolSearchOutput = z.looseObject({
  type: z.literal("tool_search_output"),
  id,
  call_id: z.string().min(1).nullish(),
  execution: z.enum(["server", "client"]).nullish(),
  tools: listOf(tool),
  status: z.string().nullish(),
});

/** Settings that hold from here on, each until another such item replaces it. */
const configurationUpdate = z.looseObject({
  type: z.literal("configuration_update"),
  id,
  reasoning: z.looseObject({ effort: effort.nullish() }).nullish(),
  text: z.looseObject({ format: textFormat }).nullish(),
});

/** Items that say with what the model is to go on. */
export const laterSettingItems = [additionalTools, toolSearchOutput, configurationUpdate] as const;
