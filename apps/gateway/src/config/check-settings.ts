import type * as z from "zod";
import { checkRelations } from "./check-relations.ts";
import type { Config } from "./config.ts";
import type { Problem } from "./config-error.ts";
import { schemaAt } from "./json-schema.ts";
import { configSchema } from "./schema.ts";
import { isSection, type Path, renderPath, type Settings } from "./settings.ts";
import { suggest } from "./suggest.ts";

/**
 * Checks the settings against the schema. Gives the configuration, or everything that is wrong with them.
 *
 * @param unread places where a variable could not be replaced: what is left of it there is not reported again
 */
export function checkSettings(
  settings: Settings,
  unread: ReadonlySet<string> = new Set(),
): { config: Config; problems: [] } | { config: null; problems: Problem[] } {
  const result = configSchema.safeParse(settings.root);
  const issues = (result.error?.issues ?? []).filter(({ path }) => {
    const value = settings.get(path as Path);
    return !(typeof value === "string" && value.includes("${") && unread.has(settings.placeOf(path as Path)));
  });
  const problems = [...issues.flatMap((issue) => toProblems(issue, settings)), ...checkRelations(settings)];
  if (result.success && problems.length === 0) return { config: result.data, problems: [] };
  return { config: null, problems };
}

function toProblems(issue: z.core.$ZodIssue, settings: Settings): Problem[] {
  const path = issue.path as Path;
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(schemaAt(path)?.properties ?? {});
    return issue.keys.map((key) => {
      const meant = suggest(key, known);
      const hint = meant ? `did you mean "${meant}"?` : `known here: ${known.join(", ")}`;
      return {
        place: settings.placeOf([...path, key]),
        message: `unknown key ${renderPath([...path, key])}; ${hint}`,
      };
    });
  }
  return [
    { place: settings.placeOf(path), message: `${renderPath(path)}: ${describe(issue, settings.get(path))}` },
  ];
}

function describe(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined) return "is missing";
  if (issue.code === "invalid_key") return issue.issues[0]?.message ?? issue.message;
  if (issue.code !== "invalid_type" || !issue.message.startsWith("Invalid input")) return issue.message;
  const expected = ["object", "record"].includes(issue.expected)
    ? "keys and values"
    : issue.expected === "array"
      ? "a list"
      : `a ${issue.expected}`;
  const got = Array.isArray(value) ? "a list" : isSection(value) ? "keys and values" : `a ${typeof value}`;
  return `expected ${expected}, got ${got}`;
}
