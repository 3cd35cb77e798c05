import type { ModelInfo } from "@gateway/engine";
import { openChatBackend } from "./chat-completions/backend.ts";

/** An Ollama that was looked for. */
export interface OllamaProbe {
  /** Base address of its OpenAI-compatible API, ending in `/v1`. */
  url: string;
  /** Its models; undefined when nothing answered there. */
  models: ModelInfo[] | undefined;
}

/** Environment variables. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where Ollama is, after its own rules for `OLLAMA_HOST` (`host`, `host:port`, `:port` or a URL; the port is
 * 11434 unless the value has a scheme). Addresses that mean "all interfaces" to a server become loopback.
 * Throws a TypeError where the value cannot be read.
 */
export function ollamaUrl(env: Environment): string {
  const value = (env.OLLAMA_HOST ?? "").trim().replace(/^["']|["']$/g, "");
  if (value === "") return "http://127.0.0.1:11434/v1";
  const url = parseHost(value);
  if (url === undefined) {
    throw new TypeError(`OLLAMA_HOST is '${value}', which is no host, host:port or URL.`);
  }
  if (url.hostname === "0.0.0.0") url.hostname = "127.0.0.1";
  if (url.hostname === "[::]") url.hostname = "[::1]";
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}/v1`;
}

function parseHost(value: string): URL | undefined {
  if (/^https?:\/\//.test(value)) return parseUrl(value);
  if (value.includes("://")) return undefined;
  const slash = value.indexOf("/");
  const address = slash < 0 ? value : value.slice(0, slash);
  const path = slash < 0 ? "" : value.slice(slash);
  // A bare IPv6 address has colons of its own.
  const host = /^[^[\]]*:[^[\]]*:/.test(address) ? `[${address}]` : address;
  const hasPort = /:\d+$/.test(host);
  return parseUrl(
    `http://${host.startsWith(":") ? "127.0.0.1" : ""}${host}${hasPort ? "" : ":11434"}${path}`,
  );
}

function parseUrl(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined;
}

/** Looks for an Ollama. Waits at most `timeoutMs` milliseconds (300 when left out) and throws nothing but {@link ollamaUrl}'s TypeError. */
export async function findOllama(
  options: { env?: Environment; timeoutMs?: number } = {},
): Promise<OllamaProbe> {
  const { env = process.env, timeoutMs = 300 } = options;
  const url = ollamaUrl(env);
  const backend = openChatBackend({ name: "ollama", url });
  try {
    return { url, models: await backend.listModels(AbortSignal.timeout(timeoutMs)) };
  } catch {
    return { url, models: undefined };
  } finally {
    await backend.close();
  }
}
