/** Says what is wrong with a value, or undefined when nothing is. */
export type Rule = (value: unknown) => string | undefined;

const rule =
  (expected: string, holds: (value: unknown) => boolean): Rule =>
  (value) =>
    holds(value) ? undefined : `is ${JSON.stringify(value)} instead of ${expected}`;

export const string = rule("a string", (value) => typeof value === "string");
export const text = rule(
  "a string with something in it",
  (value) => typeof value === "string" && value !== "",
);
export const boolean = rule("a boolean", (value) => typeof value === "boolean");
export const count = rule(
  "a whole number from 0 on",
  (value) => Number.isInteger(value) && Number(value) >= 0,
);
export const number = (least: number, most: number) =>
  rule(
    `a number from ${least} to ${most}`,
    (value) => typeof value === "number" && value >= least && value <= most,
  );
export const oneOf = (...values: unknown[]) =>
  rule(`one of ${JSON.stringify(values)}`, (value) => values.includes(value));
export const id = (prefix: string) =>
  rule(
    `an id that begins with ${prefix}_`,
    (value) => typeof value === "string" && value.startsWith(`${prefix}_`),
  );
const object = rule(
  "an object",
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
);

export const nullable =
  (inner: Rule): Rule =>
  (value) =>
    value === null ? undefined : inner(value);

/** A list of which every entry keeps to a rule. */
export const list =
  (inner: Rule): Rule =>
  (value) => {
    if (!Array.isArray(value)) return `is ${JSON.stringify(value)} instead of a list`;
    return first(value.map((entry, n) => at(`[${n}]`, inner(entry))));
  };

/** An object with exactly these keys, or with `more` further ones allowed. */
export const keys =
  (rules: Record<string, Rule>, more = false): Rule =>
  (value) => {
    const wrong = object(value);
    if (wrong !== undefined) return wrong;
    const record = value as Record<string, unknown>;
    const missing = Object.keys(rules).find((key) => !Object.hasOwn(record, key));
    if (missing !== undefined) return `has no key '${missing}'`;
    const unknown = Object.keys(record).find((key) => !Object.hasOwn(rules, key));
    if (unknown !== undefined && !more) return `has the key '${unknown}', which the API does not know`;
    return first(Object.entries(rules).map(([key, inner]) => at(`.${key}`, inner(record[key]))));
  };

/** Values that are all strings, such as metadata. */
const strings: Rule = (value) =>
  object(value) ?? first(Object.entries(value as object).map(([key, entry]) => at(`.${key}`, string(entry))));

/** Objects told apart by `type`. */
const byType =
  (rules: Record<string, Rule>): Rule =>
  (value) => {
    const wrong = object(value);
    if (wrong !== undefined) return wrong;
    const { type } = value as { type?: unknown };
    const inner = rules[String(type)];
    return inner === undefined ? `has the type '${String(type)}'` : inner(value);
  };

const at = (place: string, wrong: string | undefined) =>
  wrong && `${place}${/^[.[]/.test(wrong) ? "" : " "}${wrong}`;
const first = (wrongs: (string | undefined)[]) => wrongs.find((wrong) => wrong !== undefined);

const alternative = { token: string, logprob: number(-Infinity, 0), bytes: list(number(0, 255)) };
const status = oneOf("in_progress", "completed", "incomplete");

const outputItem = byType({
  message: keys({
    type: oneOf("message"),
    id: id("msg"),
    role: oneOf("assistant"),
    status,
    content: list(
      byType({
        output_text: keys({
          type: text,
          text: string,
          annotations: list(keys({ type: text }, true)),
          logprobs: list(keys({ ...alternative, top_logprobs: list(keys(alternative)) })),
        }),
        refusal: keys({ type: text, refusal: string }),
      }),
    ),
  }),
  reasoning: keys({
    type: text,
    id: id("rs"),
    status,
    summary: list(keys({ type: oneOf("summary_text"), text: string })),
    content: list(keys({ type: oneOf("reasoning_text"), text: string })),
  }),
  function_call: keys({
    type: text,
    id: id("fc"),
    status,
    call_id: text,
    name: text,
    arguments: string,
  }),
});

const usage = keys({
  input_tokens: count,
  input_tokens_details: keys({ cached_tokens: count, cache_write_tokens: count }),
  output_tokens: count,
  output_tokens_details: keys({ reasoning_tokens: count }),
  total_tokens: count,
});

/**
 * The Response object (API reference, "The response object"; Open Responses, `ResponseResource`): what both
 * demand, every key always there.
 */
const response: Record<string, Rule> = {
  id: id("resp"),
  object: oneOf("response"),
  created_at: count,
  completed_at: nullable(count),
  status: oneOf("in_progress", "completed", "incomplete", "failed", "cancelled"),
  error: nullable(keys({ code: text, message: text })),
  incomplete_details: nullable(keys({ reason: oneOf("max_output_tokens", "content_filter") })),
  instructions: nullable(string),
  model: text,
  output: list(outputItem),
  usage: nullable(usage),
  previous_response_id: nullable(id("resp")),
  conversation: nullable(keys({ id: id("conv") })),
  tools: list(keys({ type: text }, true)),
  tool_choice: (value) =>
    typeof value === "string" ? oneOf("none", "auto", "required")(value) : keys({ type: text }, true)(value),
  parallel_tool_calls: boolean,
  max_tool_calls: nullable(count),
  max_output_tokens: nullable(count),
  temperature: number(0, 2),
  top_p: number(0, 1),
  top_logprobs: number(0, 20),
  presence_penalty: number(-2, 2),
  frequency_penalty: number(-2, 2),
  text: keys({ format: keys({ type: text }, true), verbosity: oneOf("low", "medium", "high") }),
  reasoning: keys({ effort: nullable(text), summary: nullable(text) }, true),
  truncation: oneOf("auto", "disabled"),
  metadata: strings,
  store: boolean,
  background: boolean,
  service_tier: text,
  safety_identifier: nullable(string),
  prompt_cache_key: nullable(string),
};

/** Keys that only some answers have, or that may be null or missing. */
const optional: Record<string, Rule> = {
  user: nullable(string),
  prompt: nullable(object),
  access_programs: nullable(object),
};

/** Says where an object is no Response object as the API describes it; undefined where it is one. */
export function findFlaw(value: unknown): string | undefined {
  const wrong = object(value);
  if (wrong !== undefined) return wrong;
  const there = Object.entries(optional).filter(([key]) => Object.hasOwn(value as object, key));
  return keys({ ...response, ...Object.fromEntries(there) })(value);
}
