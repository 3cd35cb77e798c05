import type * as z from "zod";
import { type ApiError, unprocessable } from "./errors.ts";

type Issue = z.core.$ZodIssue;

/**
 * Parses a value with a schema. Throws a 422 {@link ApiError} for the first thing that is wrong: `param` is
 * the path of the field (`input[2].content[0].text`), `code` OpenAI's word for the kind of fault.
 */
export function validate<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw toValidationError(result.error.issues);
}

function toValidationError(issues: readonly Issue[]): ApiError {
  const issue = deepest(issues, []);
  const param = renderPath(issue.path);
  const place = param === "" ? "the request body" : `'${param}'`;
  return unprocessable(describe(issue, place), { param: param === "" ? null : param, code: codeOf(issue) });
}

/**
 * Picks the issue to show. Where a union failed, the branch that got furthest into the value is the one the
 * caller meant; its issues are relative to the union, so their paths are completed here.
 */
function deepest(issues: readonly Issue[], prefix: PropertyKey[]): Issue {
  const [first] = issues;
  if (first === undefined) throw new Error("a failed parse has at least one issue");
  const path = [...prefix, ...first.path];
  if (first.code === "invalid_union" && first.errors.length > 0) {
    const branches = first.errors.map((branch) => deepest(branch, path));
    const furthest = branches.reduce((best, next) => (next.path.length > best.path.length ? next : best));
    if (furthest.path.length > path.length || branches.length === 1) return furthest;
    // As far as each other: a value of the right type that is too long says more than one of a wrong type.
    const ofRightType = branches.find(({ code }) => code === "too_big" || code === "too_small");
    if (ofRightType !== undefined) return ofRightType;
  }
  return { ...first, path };
}

/** Renders a path as the API does: `input[0].content`. */
function renderPath(path: readonly PropertyKey[]): string {
  let text = "";
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`;
    else text += text === "" ? String(key) : `.${String(key)}`;
  }
  return text;
}

function isMissing(issue: Issue): boolean {
  if (issue.code === "invalid_union" && "discriminator" in issue) return typeOf(issue.input) === undefined;
  return issue.input === undefined && ["invalid_type", "invalid_union", "invalid_value"].includes(issue.code);
}

function codeOf(issue: Issue): string {
  if (isMissing(issue)) return "missing_required_parameter";
  switch (issue.code) {
    case "invalid_type":
      return "invalid_type";
    case "too_big":
      return rangeCode(issue.origin, "above_max");
    case "too_small":
      return rangeCode(issue.origin, "below_min");
    case "invalid_union":
      return isUnknownType(issue) || isUnknownWord(issue) ? "invalid_value" : "invalid_type";
    case "invalid_key":
      return issue.issues[0] === undefined ? "invalid_value" : codeOf(issue.issues[0]);
    case "custom":
      return typeof issue.params?.code === "string" ? issue.params.code : "invalid_value";
    default:
      return "invalid_value";
  }
}

/** A union by `type` failed: the value is of the right shape, its type is not known. */
function isUnknownType(issue: Issue): boolean {
  return issue.code === "invalid_union" && "discriminator" in issue;
}

/** A union with an enumeration of words failed on a word. */
function isUnknownWord(issue: Issue): boolean {
  if (issue.code !== "invalid_union" || typeof issue.input !== "string") return false;
  return issue.errors.some((branch) => branch[0]?.code === "invalid_value");
}

function rangeCode(origin: string, direction: "above_max" | "below_min"): string {
  if (origin === "string" || origin === "array") return `${origin}_${direction}_length`;
  return `${origin === "int" ? "integer" : "decimal"}_${direction}_value`;
}

/** A kind of value in JSON's words. */
function kindName(expected: string): string {
  if (expected === "int") return "integer";
  return expected === "record" ? "object" : expected;
}

function describe(issue: Issue, place: string): string {
  if (isMissing(issue)) return `Missing required parameter: ${place}.`;
  switch (issue.code) {
    case "invalid_type":
      return `Invalid type for ${place}: expected ${kindName(issue.expected)}, but got ${kindOfValue(issue.input)}.`;
    case "too_big":
      return `Invalid ${place}: expected at most ${count(issue.maximum, issue.origin)}.`;
    case "too_small":
      return `Invalid ${place}: expected at least ${count(issue.minimum, issue.origin)}.`;
    case "invalid_value":
      return `Invalid value for ${place}: expected ${issue.values.length > 1 ? "one of " : ""}${quoted(issue.values).join(", ")}.`;
    case "invalid_union":
      if (isUnknownType(issue))
        return `Invalid value for ${place}: '${shorten(typeOf(issue.input))}' is not a type this server knows.`;
      if (isUnknownWord(issue))
        return `Invalid value for ${place}: expected ${expectedOf(issue)}, but got '${shorten(issue.input)}'.`;
      return `Invalid type for ${place}: expected ${expectedOf(issue)}, but got ${kindOfValue(issue.input)}.`;
    case "invalid_key":
      return issue.issues[0] === undefined
        ? `Invalid ${place}.`
        : describe(issue.issues[0], `key of ${place}`);
    case "unrecognized_keys":
      return `Invalid ${place}: unrecognized ${issue.keys.length === 1 ? "key" : "keys"} ${listOfKeys(issue.keys)}.`;
    default:
      return `Invalid ${place}: ${issue.message.replace(/\.$/, "")}.`;
  }
}

/** What a union would take: the kinds and words of its branches. */
function expectedOf(union: Issue): string {
  const all = [...new Set(branchesOf(union))];
  const last = all.pop() ?? "another value";
  return all.length === 0 ? last : `${all.join(", ")} or ${last}`;
}

function branchesOf(issue: Issue | undefined): string[] {
  switch (issue?.code) {
    case "invalid_type":
      return [kindName(issue.expected)];
    case "invalid_value":
      return quoted(issue.values);
    case "invalid_union":
      return issue.errors.flatMap(([first]) => branchesOf(first));
    default:
      return [];
  }
}

function quoted(values: readonly unknown[]): string[] {
  return values.map((value) => `'${String(value)}'`);
}

/** Few of them: they are the caller's, who may send any number. */
function listOfKeys(keys: readonly string[]): string {
  const shown = quoted(keys.slice(0, 3).map(shorten)).join(", ");
  return keys.length > 3 ? `${shown} and ${keys.length - 3} more` : shown;
}

function count(limit: number | bigint, origin: string): string {
  const unit = { string: "character", array: "element" }[origin];
  if (unit === undefined) return String(limit);
  return `${limit} ${unit}${Number(limit) === 1 ? "" : "s"}`;
}

function kindOfValue(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  // What a text of a query that is no number was read as.
  if (Number.isNaN(value)) return "something else";
  return `a ${typeof value}`;
}

function typeOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? (value as { type?: unknown }).type : undefined;
}

function shorten(value: unknown): string {
  const text = String(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
