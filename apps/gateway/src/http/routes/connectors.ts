import {
  type ConnectorObject,
  createConnector,
  newId,
  notFound,
  pageQuery,
  toListObject,
  unprocessable,
  validate,
} from "@gateway/protocol";
import type { AppContext, AppDeps } from "../context.ts";
import { readJson } from "../read-json.ts";
import type { Handler } from "../route-table.ts";

/** `POST /v1/connectors`: an id that is given again is overwritten whole. The headers are never shown again. */
export function create({ config, engine, connectors }: AppDeps): Handler {
  return async (c) => {
    const body = validate(createConnector, await readJson(c, config.requests));
    refuseUser(body.server_url);
    const connector: ConnectorObject = {
      id: body.connector_id ?? newId("connector"),
      object: "connector",
      name: body.name,
      server_url: body.server_url,
      created_at: Math.floor(engine.now() / 1000),
    };
    await connectors.put(c.get("tenant"), { connector, headers: body.headers ?? {} });
    return c.json(connector);
  };
}

/** `GET /v1/connectors`, paged: those of the configuration are the oldest. */
export function list({ connectors }: AppDeps): Handler {
  return async (c) => {
    const query = validate(pageQuery, c.req.query());
    const page = await connectors.list(c.get("tenant"), query);
    if (!page) throw notFound(`Connector with id '${query.after}' not found.`, { param: "after" });
    return c.json(toListObject(page));
  };
}

/** `GET /v1/connectors/{id}`. */
export function retrieve({ connectors }: AppDeps): Handler {
  return async (c) => {
    const connector = await connectors.get(c.get("tenant"), idOf(c));
    if (!connector) throw unknownConnector(c);
    return c.json(connector);
  };
}

/** `DELETE /v1/connectors/{id}`. */
export function remove({ connectors }: AppDeps): Handler {
  return async (c) => {
    if (!(await connectors.delete(c.get("tenant"), idOf(c)))) throw unknownConnector(c);
    return c.json({ id: idOf(c), object: "connector.deleted", deleted: true });
  };
}

/** A URL is shown in every answer; what is secret belongs into the headers. */
function refuseUser(url: string): void {
  const { username, password } = new URL(url);
  if (username === "" && password === "") return;
  throw unprocessable(
    "Invalid 'server_url': a user and password do not belong into it. Send them as a header.",
    {
      param: "server_url",
      code: "invalid_value",
    },
  );
}

function idOf(c: AppContext): string {
  return c.req.param("id") ?? "";
}

function unknownConnector(c: AppContext) {
  return notFound(`Connector with id '${idOf(c)}' not found.`);
}
