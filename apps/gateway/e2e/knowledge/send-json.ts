/** What a call of the API answered. */
export interface JsonAnswer<T> {
  status: number;
  body: T;
}

/** Calls an endpoint that the official client does not have. `url` ends in `/v1`, `path` begins with a slash. */
export async function sendJson<T = Record<string, unknown>>(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<JsonAnswer<T>> {
  const answer = await fetch(url + path, {
    method,
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as T };
}
