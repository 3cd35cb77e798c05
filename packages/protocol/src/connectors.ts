import * as z from "zod";
import { sentHeaders } from "./sent-headers.ts";

/** Body of `POST /v1/connectors`; the same `connector_id` again overwrites. An extension of this server. */
export const createConnector = z.looseObject({
  connector_id: z
    .string()
    .regex(
      /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/,
      "must be 1 to 64 letters, digits or the signs . _ -, a dot not first",
    )
    .nullish(),
  name: z.string().min(1).max(256),
  /** Of an MCP server that speaks Streamable HTTP or SSE. */
  server_url: z.url({ protocol: /^https?$/, message: "must be an http or https URL" }).max(2048),
  /** Sent with every call to the server; kept sealed, never shown again. */
  headers: sentHeaders.nullish(),
});

/** The Connector object. Its headers are never in it. */
export interface ConnectorObject {
  id: string;
  object: "connector";
  name: string;
  server_url: string;
  created_at: number;
}
