/** Posts to /v1/responses; an object is sent as JSON, all else as it is. */
export function post(url: string, body: unknown, init: RequestInit = {}): Promise<Response> {
  const bare = typeof body === "string" || ArrayBuffer.isView(body) || body instanceof ReadableStream;
  return fetch(`${url}/v1/responses`, {
    method: "POST",
    ...init,
    headers: { "content-type": "application/json", ...init.headers },
    body: bare ? (body as string) : JSON.stringify(body),
    ...(body instanceof ReadableStream && { duplex: "half" }),
  });
}
