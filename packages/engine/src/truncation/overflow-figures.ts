/** What a server said of a context that is too long, in tokens. */
export interface OverflowFigures {
  /** What would have fitted, the answer included. */
  window: number | undefined;
  /** What the context came to, without room for the answer. */
  context: number | undefined;
}

/** Where servers put the window: llama.cpp, OpenAI, vLLM, SGLang; Anthropic; TGI; Mistral; Gemini. */
const windows = [
  /context (?:length|size|window)\D{0,24}?(\d+)/i,
  /model length of (\d+)/i,
  /> ?(\d+) maximum/i,
  /must be <= (\d+)/i,
  /(\d+) maximum context length/i,
  /tokens allowed \((\d+)\)/i,
];

/** Where they put the context. */
const contexts = [
  /request \((\d+) tokens\)/i,
  /(\d+) in the (?:messages|prompt)/i,
  /(?:contains|has) (\d+)(?: input)? tokens/i,
  /resulted in (\d+) tokens/i,
  /prompt \(length (\d+)\)/i,
  /too long: (\d+) tokens/i,
  /input \((\d+) tokens\)/i,
  /(\d+) tokens from the input/i,
  /given: (\d+)/i,
  /input token count \((\d+)\)/i,
];

/**
 * Reads the numbers in the message of a `context_length_exceeded`. "At least 4097 tokens" is no number: a server that
 * says so stopped counting there.
 */
export function readOverflowFigures(message: string): OverflowFigures {
  return { window: firstNumber(windows, message), context: firstNumber(contexts, message) };
}

function firstNumber(patterns: readonly RegExp[], message: string): number | undefined {
  for (const pattern of patterns) {
    const number = Number(pattern.exec(message)?.[1]);
    if (Number.isSafeInteger(number) && number > 0) return number;
  }
  return undefined;
}
