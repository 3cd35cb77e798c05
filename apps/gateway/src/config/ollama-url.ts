/**
 * The base URL of Ollama's OpenAI-compatible API from what `OLLAMA_HOST` holds, after Ollama's own rules (`host`,
 * `host:port`, `:port` or a URL; the port is 11434 unless the value has a scheme). Addresses that mean "all
 * interfaces" to a server become loopback. What cannot be read comes back as it is, for the check of the whole
 * configuration to refuse.
 */
export function toOllamaUrl(host: string): string {
  const url = parseHost(
    host
      .trim()
      .replace(/^["']|["']$/g, "")
      .trim(),
  );
  if (url === undefined) return host;
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
