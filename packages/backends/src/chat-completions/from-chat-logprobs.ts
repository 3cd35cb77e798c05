import type { Logprob } from "@gateway/protocol";

type TopLogprob = Logprob["top_logprobs"][number];

/** Translates `choices[].logprobs.content`; entries without a token are left out. */
export function fromChatLogprobs(content: unknown): Logprob[] {
  if (!Array.isArray(content)) return [];
  return content.filter(isToken).map((entry) => ({
    ...toTop(entry),
    top_logprobs: Array.isArray(entry.top_logprobs) ? entry.top_logprobs.filter(isToken).map(toTop) : [],
  }));
}

interface Token {
  token: string;
  logprob?: unknown;
  bytes?: unknown;
  top_logprobs?: unknown;
}

function isToken(entry: unknown): entry is Token {
  return typeof entry === "object" && entry !== null && typeof (entry as Token).token === "string";
}

function toTop({ token, logprob, bytes }: Token): TopLogprob {
  return {
    token,
    logprob: typeof logprob === "number" ? logprob : 0,
    bytes: Array.isArray(bytes) ? bytes : [...Buffer.from(token)],
  };
}
