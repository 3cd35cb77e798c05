/** Parameters of chat completions that have another name in the Responses API. */
const renamed: Readonly<Record<string, string>> = {
  messages: "input",
  max_tokens: "max_output_tokens",
  max_completion_tokens: "max_output_tokens",
  reasoning_effort: "reasoning.effort",
  response_format: "text.format",
  verbosity: "text.verbosity",
  logprobs: "top_logprobs",
};

/** Parameters the gateway adds by itself: the caller has nothing to change there. */
const ours: ReadonlySet<string> = new Set(["stream", "stream_options"]);

/**
 * The caller's name for the parameter a backend complains about. Only the first part of a path is kept, since
 * messages and tools have other places and shapes on the caller's side.
 */
export function toCallerParam(param: string | null): string | null {
  const name = param === null ? undefined : /^[A-Za-z_]+/.exec(param)?.[0];
  if (name === undefined || ours.has(name)) return null;
  return renamed[name] ?? name;
}
