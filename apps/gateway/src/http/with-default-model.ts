/** A body that names no model, with the one that the configuration gives; any other body as it is. */
export function withDefaultModel(body: unknown, model: string | undefined): unknown {
  if (model === undefined || typeof body !== "object" || body === null || Array.isArray(body)) return body;
  return "model" in body && body.model !== null ? body : { ...body, model };
}
