import * as z from "zod";
import { pageQuery } from "./paging.ts";

const variableName = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

const template = {
  name: z.string().max(256).nullish(),
  /** Text in which `{{name}}` stands for a variable. */
  prompt: z.string().min(1).max(1_000_000),
  /** Names of variables; those in the text when left out. */
  variables: z
    .array(z.string().regex(variableName, "must be a name of letters, digits, _, . and -"))
    .max(100)
    .nullish(),
};

/** Body of `POST /v1/prompts`. An extension of this server: the API has no endpoint for prompts. */
export const createPrompt = z.looseObject(template);

/** Body of `PUT /v1/prompts/{id}`: a new version on top of the one named, which must be the latest. */
export const updatePrompt = z.looseObject({
  ...template,
  version: z.union([z.string(), z.int()]).transform(String),
  set_as_default: z.boolean().nullish(),
});

/** Body of `POST /v1/prompts/{id}/default_version`. */
export const setDefaultVersion = z.looseObject({ version: z.union([z.string(), z.int()]).transform(String) });

/** Query of the lists of prompts, versions and connectors. */
export const promptListQuery = pageQuery;

/** A version of a prompt. */
export interface PromptObject {
  id: string;
  object: "prompt";
  name: string | null;
  prompt: string;
  variables: string[];
  /** "1", "2", … */
  version: string;
  /** Which version `prompt: {id}` in a create request means. */
  default_version: string;
  created_at: number;
}

/** The names in a template, each once, in order. */
export function variablesOf(text: string): string[] {
  return [...new Set([...text.matchAll(placeholder)].map(([, name]) => name as string))];
}

/** `{{name}}`, with spaces allowed inside the braces. A name that objects cannot have is text like any other. */
export const placeholder = /\{\{\s*((?!__proto__\s*\})[A-Za-z_][A-Za-z0-9_.-]{0,63})\s*\}\}/g;
