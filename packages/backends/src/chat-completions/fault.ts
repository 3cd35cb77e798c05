/** What a server said about an error, whatever form it chose. */
export interface Fault {
  message: string;
  code: string | null;
  type: string | null;
  param: string | null;
  /** A status inside the body; llama.cpp and vLLM put it into `code`. */
  status: number | undefined;
}

/** Longest message that is passed on, in characters. */
const longestMessage = 1_000;
/** Codes, types and names of fields are words: what is longer is none. */
const longestWord = 200;

/**
 * Reads the body of an error answer: OpenAI's form, `{"error": "text"}` (Ollama, LM Studio), `{"detail": …}`
 * (FastAPI), `{"message": …}` (TGI, Mistral), plain text, or a page of HTML, of which only the title counts.
 */
export function parseFaultBody(body: string): Fault {
  const text = body.trim();
  try {
    return toFault(JSON.parse(text));
  } catch {
    const title = /<title[^>]*>([^<]*)<\/title>/i.exec(text)?.[1];
    return plainFault(text.startsWith("<") ? (title ?? "") : text);
  }
}

/** Reads an error that came as JSON: an error body, or an error inside a stream. */
export function toFault(value: unknown): Fault {
  if (typeof value === "string") return plainFault(value);
  if (Array.isArray(value)) return toFault(value[0]);
  if (typeof value !== "object" || value === null) return plainFault("");
  const { error, code, type, param, message, detail } = value as Record<string, unknown>;
  if (error != null) {
    // {"error": "Not Found", "message": "…"}: the message says more.
    if (typeof error !== "string" || message == null) return toFault(error);
  }
  return {
    ...plainFault(textOf(message ?? detail ?? error ?? "")),
    code: typeof code === "string" && /^\d+$/.test(code) ? null : wordOf(code),
    type: wordOf(type),
    param: wordOf(param),
    status: statusOf(code) ?? statusOf((value as { status?: unknown }).status),
  };
}

function wordOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" && value.length <= longestWord ? value : null;
}

function statusOf(code: unknown): number | undefined {
  const status = Number(code);
  return Number.isInteger(status) && status >= 400 && status <= 599 ? status : undefined;
}

/** Messages are text, or a list of what is wrong: `[{loc, msg}]`. */
function textOf(message: unknown): string {
  if (typeof message === "string") return message;
  if (Array.isArray(message)) return message.map(textOf).join("; ");
  if (typeof message !== "object" || message === null) return String(message);
  const { loc, msg, detail, message: inner } = message as Record<string, unknown>;
  if (msg !== undefined) return Array.isArray(loc) ? `${loc.join(".")}: ${textOf(msg)}` : textOf(msg);
  return detail !== undefined || inner !== undefined ? textOf(detail ?? inner) : JSON.stringify(message);
}

function plainFault(text: string): Fault {
  const message = text.length > longestMessage ? `${text.slice(0, longestMessage)}…` : text;
  return { message: message.trim(), code: null, type: null, param: null, status: undefined };
}
