import type { PromptContent } from "@gateway/engine";
import {
  ApiError,
  createPrompt,
  newId,
  notFound,
  promptListQuery,
  setDefaultVersion,
  toListObject,
  unprocessable,
  updatePrompt,
  validate,
  variablesOf,
} from "@gateway/protocol";
import type { AppContext, AppDeps } from "../context.ts";
import { readJson } from "../read-json.ts";
import type { Handler } from "../route-table.ts";

/** `POST /v1/prompts`: version "1". */
export function create({ config, engine, prompts }: AppDeps): Handler {
  return async (c) => {
    const body = validate(createPrompt, await readJson(c, config.requests));
    const content = { name: body.name ?? null, prompt: body.prompt, variables: checkVariables(body) };
    return c.json(await prompts.create(c.get("tenant"), newId("pmpt"), content, seconds(engine.now())));
  };
}

/** `GET /v1/prompts`, paged: the latest version of each. */
export function list({ prompts }: AppDeps): Handler {
  return async (c) => {
    const query = validate(promptListQuery, c.req.query());
    const page = await prompts.list(c.get("tenant"), query);
    if (!page) throw notFound(`Prompt with id '${query.after}' not found.`, { param: "after" });
    return c.json(toListObject(page));
  };
}

/** `GET /v1/prompts/{id}`: the version that the query names, else the default one. */
export function retrieve({ prompts }: AppDeps): Handler {
  return async (c) => {
    const version = c.req.query("version");
    const prompt = await prompts.get(c.get("tenant"), idOf(c), version);
    if (prompt) return c.json(prompt);
    if (version !== undefined && (await prompts.get(c.get("tenant"), idOf(c))))
      throw unknownVersion(c, version);
    throw unknownPrompt(c);
  };
}

/**
 * `PUT /v1/prompts/{id}`: a new version, which becomes the default unless `set_as_default` is false. `version` names
 * the one it replaces: 409 where that is no longer the latest, since somebody else has changed the prompt meanwhile.
 * A name that is left out stays.
 */
export function update({ config, engine, prompts }: AppDeps): Handler {
  return async (c) => {
    const body = validate(updatePrompt, await readJson(c, config.requests));
    const variables = checkVariables(body);
    const replaced = await prompts.get(c.get("tenant"), idOf(c), body.version);
    if (!replaced) {
      if (await prompts.get(c.get("tenant"), idOf(c))) throw stale(body.version);
      throw unknownPrompt(c);
    }
    const name = body.name === undefined ? replaced.name : body.name;
    const content: PromptContent = { name, prompt: body.prompt, variables };
    const added = await prompts.addVersion(c.get("tenant"), idOf(c), {
      content,
      replaces: body.version,
      makeDefault: body.set_as_default !== false,
      now: seconds(engine.now()),
    });
    if (added === "stale") throw stale(body.version);
    if (!added) throw unknownPrompt(c);
    return c.json(added);
  };
}

/** `DELETE /v1/prompts/{id}`: all versions. */
export function remove({ prompts }: AppDeps): Handler {
  return async (c) => {
    if (!(await prompts.delete(c.get("tenant"), idOf(c)))) throw unknownPrompt(c);
    return c.json({ id: idOf(c), object: "prompt.deleted", deleted: true });
  };
}

/** `GET /v1/prompts/{id}/versions`, paged: `after`, `first_id` and `last_id` are versions here. */
export function versions({ prompts }: AppDeps): Handler {
  return async (c) => {
    const query = validate(promptListQuery, c.req.query());
    const page = await prompts.versions(c.get("tenant"), idOf(c), query);
    if (page) {
      const [first, last] = [page.data[0], page.data.at(-1)];
      const ids = { first_id: first?.version ?? null, last_id: last?.version ?? null };
      return c.json({ ...toListObject(page), ...ids });
    }
    if (query.after !== undefined && (await prompts.get(c.get("tenant"), idOf(c))))
      throw unknownVersion(c, query.after, "after");
    throw unknownPrompt(c);
  };
}

/** `POST /v1/prompts/{id}/default_version`: answers with the version that is the default now. */
export function setDefault({ config, prompts }: AppDeps): Handler {
  return async (c) => {
    const { version } = validate(setDefaultVersion, await readJson(c, config.requests));
    const prompt = await prompts.setDefault(c.get("tenant"), idOf(c), version);
    if (prompt) return c.json(prompt);
    if (await prompts.get(c.get("tenant"), idOf(c))) throw unknownVersion(c, version);
    throw unknownPrompt(c);
  };
}

/** The variables of a template: those found in its text, which a list that is given must name and no others. */
function checkVariables({ prompt, variables }: { prompt: string; variables?: string[] | null | undefined }) {
  const found = variablesOf(prompt);
  if (variables === undefined || variables === null) return found;
  const inText = new Set(found);
  for (const [index, name] of variables.entries()) {
    const problem = !inText.has(name)
      ? `the prompt has no {{${name}}}`
      : variables.indexOf(name) < index
        ? `'${name}' is there already`
        : undefined;
    if (problem !== undefined) {
      throw unprocessable(`Invalid 'variables[${index}]': ${problem}.`, {
        param: `variables[${index}]`,
        code: "invalid_value",
      });
    }
  }
  const missing = found.find((name) => !variables.includes(name));
  if (missing === undefined) return variables;
  throw unprocessable(`Invalid 'prompt': it uses {{${missing}}}, which 'variables' does not name.`, {
    param: "prompt",
    code: "invalid_value",
  });
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

function idOf(c: AppContext): string {
  return c.req.param("id") ?? "";
}

function unknownPrompt(c: AppContext) {
  return notFound(`Prompt with id '${idOf(c)}' not found.`);
}

function unknownVersion(c: AppContext, version: string, param = "version") {
  return notFound(`Prompt '${idOf(c)}' has no version '${version}'.`, { param });
}

function stale(version: string) {
  return new ApiError(
    `Version '${version}' is not the latest of this prompt. Read it again, then replace that.`,
    {
      status: 409,
      type: "invalid_request_error",
      code: "version_conflict",
      param: "version",
    },
  );
}
