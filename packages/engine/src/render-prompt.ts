import {
  type CreateRequest,
  type Item,
  newId,
  notFound,
  type PromptVariable,
  placeholder,
  unprocessable,
} from "@gateway/protocol";
import type { PromptStore } from "./knowledge/prompt-store.ts";

type ContentPart = Exclude<PromptVariable, string>;

/**
 * The items that a request's `prompt` stands for: one developer message, or where pictures or files are in it,
 * which only users can send, one user message. Each `{{name}}` is replaced by the variable; what a variable holds
 * is not looked at again. Nothing where there is no prompt.
 *
 * Throws a 404 {@link ApiError} where the prompt or the version does not exist, a 422 that names the variable
 * where one is missing or unknown.
 */
export async function renderPrompt(
  prompt: CreateRequest["prompt"],
  tenant: string,
  prompts: PromptStore,
): Promise<Item[]> {
  if (prompt === undefined) return [];
  const { id, version, variables } = prompt;
  const found = await prompts.get(tenant, id, version ?? undefined);
  if (found === undefined) throw await unknownPrompt(id, version ?? undefined, tenant, prompts);
  const given = new Map(Object.entries(variables ?? {}));
  for (const name of given.keys()) {
    if (found.variables.includes(name)) continue;
    throw unprocessable(`Unknown variable '${name}': the prompt has ${listOf(found.variables)}.`, {
      param: `prompt.variables.${name}`,
      code: "unknown_parameter",
    });
  }
  const parts = joinTexts(fill(found.prompt, given));
  const textOnly = parts.every(({ type }) => type === "input_text");
  return [
    {
      type: "message",
      id: newId("msg"),
      status: "completed",
      role: textOnly ? "developer" : "user",
      content: parts,
    },
  ];
}

/** Characters that a prompt may come to: a short one can name a long variable many times. */
const maxChars = 4 * 1024 * 1024;

/** The text in pieces, with the variables in their places. */
function fill(text: string, variables: ReadonlyMap<string, PromptVariable>): ContentPart[] {
  const parts: ContentPart[] = [];
  let from = 0;
  let chars = text.length;
  for (const match of text.matchAll(placeholder)) {
    const name = match[1] as string;
    const value = variables.get(name);
    if (value === undefined) {
      throw unprocessable(`Missing prompt variable: '${name}'.`, {
        param: `prompt.variables.${name}`,
        code: "missing_required_parameter",
      });
    }
    // Counted before anything is put together.
    chars += typeof value === "string" ? value.length : 0;
    if (chars > maxChars) {
      throw unprocessable(`The prompt with its variables is longer than ${maxChars} characters.`, {
        param: `prompt.variables.${name}`,
        code: "string_above_max_length",
      });
    }
    parts.push({ type: "input_text", text: text.slice(from, match.index) });
    parts.push(typeof value === "string" ? { type: "input_text", text: value } : value);
    from = match.index + match[0].length;
  }
  parts.push({ type: "input_text", text: text.slice(from) });
  return parts;
}

/** Neighbouring texts as one; empty ones go. */
function joinTexts(parts: readonly ContentPart[]): ContentPart[] {
  const joined: ContentPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.type !== "input_text") joined.push(part);
    else if (last?.type === "input_text")
      joined[joined.length - 1] = { ...last, text: last.text + part.text };
    else if (part.text !== "") joined.push({ type: "input_text", text: part.text });
  }
  return joined;
}

async function unknownPrompt(id: string, version: string | undefined, tenant: string, prompts: PromptStore) {
  if (version === undefined || (await prompts.get(tenant, id)) === undefined) {
    return notFound(`Prompt with id '${id}' not found.`, { param: "prompt.id" });
  }
  return notFound(`Prompt '${id}' has no version '${version}'.`, { param: "prompt.version" });
}

function listOf(names: readonly string[]): string {
  return names.length === 0 ? "no variables" : `the variables ${names.map((name) => `'${name}'`).join(", ")}`;
}
