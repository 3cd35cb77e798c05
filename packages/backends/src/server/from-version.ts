/** Which release a server is, by its first two numbers. */
export interface Release {
  major: number;
  minor: number;
}

/**
 * Reads the body of vLLM's `GET /version`, such as `{"version": "0.10.2"}`; undefined where that names no release. A build
 * of one's own may call itself `0.1.dev1`, whatever it was made of.
 */
export function fromVersion(body: unknown): Release | undefined {
  const version = (body as { version?: unknown } | null | undefined)?.version;
  const [, major, minor] = (typeof version === "string" && /^v?(\d+)\.(\d+)\.\d/.exec(version)) || [];
  return major === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}
