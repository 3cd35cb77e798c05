// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own variables look like this
import * as z from "zod";
import { integer } from "./scalars.ts";

const serverUrl = 'expected a URL such as "https://mcp.example.com/mcp", without user and password';

function isServerUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
}

const connectorSchema = z.strictObject({
  server_url: z
    .string({ error: serverUrl })
    .trim()
    .max(2048, serverUrl)
    .refine(isServerUrl, serverUrl)
    .describe("Address of an MCP server that speaks Streamable HTTP or SSE."),
  headers: z
    .record(
      z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "expected the name of a header"),
      z
        .string({ error: "expected the value of a header" })
        .regex(/^[\t\x20-\x7e]*$/, "expected printable ASCII characters"),
    )
    .prefault({})
    .describe(
      "Sent with every call to the server, and shown nowhere. Write secrets as `${NAME}`, not in clear.",
    ),
});

/** `tools`: what the gateway itself carries out. */
export const toolsSchema = z.strictObject({
  file_search: z
    .strictObject({
      chunk_tokens: integer(100, 4096)
        .prefault(800)
        .describe("Length of the chunks that files are cut into."),
      overlap: integer(0, 2048)
        .prefault(400)
        .describe("Tokens that a chunk shares with the one before, at most half of `chunk_tokens`."),
    })
    .prefault({})
    .describe("How files are taken into vector stores where the caller leaves it open."),
  connectors: z
    .record(
      z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, "expected 1 to 64 letters, digits or the signs . _ -"),
      connectorSchema,
    )
    .prefault({})
    .describe("MCP servers by the `connector_id` under which every tenant finds them."),
});
