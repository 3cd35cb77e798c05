// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own variables look like this
import * as z from "zod";
import { codeInterpreterSchema } from "./code-interpreter-schema.ts";
import { mcpSchema } from "./mcp-schema.ts";
import { integer, toggle } from "./scalars.ts";
import { fetchSchema, imageGenerationSchema, webSearchSchema } from "./web-schema.ts";

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
  allow_private_networks: toggle()
    .prefault(false)
    .describe(
      "Let MCP servers, those of connectors as well, and addresses that callers name be on private networks and on this machine. Whoever may call the gateway can then reach what it can.",
    ),
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
  web_search: webSearchSchema
    .optional()
    .describe(
      "The search engine behind the `web_search` tool. Without it the tool is accepted and not offered.",
    ),
  fetch: fetchSchema
    .prefault({})
    .describe("Pictures and files that requests name by URL, and pages that models open."),
  image_generation: imageGenerationSchema
    .optional()
    .describe(
      "Who makes the pictures of the `image_generation` tool. Without it only models of OpenAI are offered the tool, and OpenAI makes them.",
    ),
  code_interpreter: codeInterpreterSchema
    .prefault({})
    .describe("The sandbox that runs the code of the `code_interpreter` tool, and its containers."),
  mcp: mcpSchema.prefault({}).describe("Tools of MCP servers."),
});
