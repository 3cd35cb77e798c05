// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own variables look like this
import * as z from "zod";
import { filesSchema } from "./files-schema.ts";
import { keyList } from "./key-list.ts";
import { retentionSchema } from "./retention-schema.ts";
import { amount, baseUrl, duration, integer, listenAddress, name, size, toggle } from "./scalars.ts";
import { toolsSchema } from "./tools-schema.ts";
import { websocketSchema } from "./websocket-schema.ts";

const keySchema = z.strictObject({
  id: z
    .string()
    .regex(/^[\w.@-]{1,64}$/, "expected 1 to 64 letters, digits or the signs . _ - @")
    .describe("Name of the key in logs and usage records; never the key itself."),
  hash: z
    .string()
    .regex(/^sha256:[0-9a-fA-F]{64}$/, 'expected "sha256:" and 64 hexadecimal digits, the SHA-256 of the key')
    .describe(
      'SHA-256 of the key as "sha256:<hex>". `printf %s "$KEY" | sha256sum` prints the digits. The key itself is written nowhere.',
    ),
  tenant: name("a tenant's name")
    .optional()
    .describe(
      "Whose data the key reads and writes. Keys that name the same tenant share it; without one the key's id is its own tenant.",
    ),
});

const backendSchema = z.strictObject({
  url: baseUrl().describe("Base URL of an OpenAI-compatible server, usually ending in `/v1`."),
  key: z
    .string({ error: "expected a key" })
    .trim()
    .regex(/^[\x21-\x7e]+$/, "expected a key of printable ASCII characters, without spaces or line breaks")
    .optional()
    .describe("Sent as `Authorization: Bearer`. Write it as `${NAME}`, not in clear."),
  weight: integer(0, 1_000_000)
    .optional()
    .describe("Share of the requests. Accepted without effect: the backends of a model are tried in order."),
  envoy: name("an endpoint's name")
    .optional()
    .describe(
      "Envoy's name for this backend. Accepted without effect: routing is not available in this version.",
    ),
  grammar: z
    .enum(["gbnf", "structured_outputs", "guided_grammar", "none"])
    .optional()
    .describe(
      "How the server is told to hold a tool's input to its grammar: `gbnf` as llama.cpp, `structured_outputs` as vLLM, `guided_grammar` as vLLM before 0.11, or `none`. Without it, llama.cpp and vLLM are known by their lists of models, and others are not told.",
    ),
});

const modelSchema = z.strictObject({
  backends: z
    .array(name("the name of a backend"))
    .min(1, "expected the name of at least one backend")
    .describe(
      "The backends that serve the model, by their names under `backends`: the first that accepts the request, in this order.",
    ),
  as: name("a model's name").optional().describe("The name the backend knows the model by, when it differs."),
  context_window: integer(256, 100_000_000)
    .optional()
    .describe(
      "Tokens that context and answer may come to together, where the backend does not tell it or tells it wrong. `truncation: auto` and compaction keep to it.",
    ),
  price: z
    .strictObject({
      input: amount().optional().describe("Price of one million input tokens."),
      cached: amount()
        .optional()
        .describe("Price of one million input tokens read from the backend's cache."),
      output: amount().optional().describe("Price of one million output tokens."),
    })
    .optional()
    .describe("Prices per million tokens. Accepted without effect: cost is not reckoned in this version."),
});

/**
 * The configuration, key by key: what a file may hold, what it means and what it is without a word.
 * The left side (input) is the file's form, the right side (output) what the program works with; codecs
 * lead both ways, so `config print` can write back what was read. `docs/configuration.md` and
 * `config schema` are made from these descriptions.
 */
export const configSchema = z.strictObject({
  http: z
    .strictObject({
      listen: listenAddress()
        .prefault("127.0.0.1:8080")
        .describe('Address of the HTTP listener. ":8080" is all interfaces, port 0 any free port.'),
      cors: z
        .strictObject({
          origins: z
            .array(name('an origin such as "https://app.example.com"'))
            .prefault([])
            .describe(
              'Origins whose pages may call the API from a browser, beside those of this machine; "*" is all. Without keys (and `auth.open`) their hosts are also the only names, beside localhost, that requests may call the gateway by.',
            ),
        })
        .prefault({})
        .describe("Calls from web pages of other origins."),
    })
    .prefault({})
    .describe("The HTTP listener: the whole API, health, metrics."),
  extproc: z
    .strictObject({
      listen: listenAddress()
        .prefault("127.0.0.1:10000")
        .describe("Address of the gRPC listener that Envoy's ext_proc filter and gRPC health checks call."),
    })
    .prefault({})
    .describe("The listener for Envoy. Short form: `port: 10000`, on loopback."),
  log: z
    .strictObject({
      level: z
        .enum(["debug", "info", "warn", "error"], { error: "expected debug, info, warn or error" })
        .prefault("info")
        .describe("Least severe level that is written."),
      format: z
        .enum(["auto", "json", "pretty"], { error: "expected auto, json or pretty" })
        .prefault("auto")
        .describe("JSON lines or lines for people; `auto` is pretty on a terminal and JSON elsewhere."),
    })
    .prefault({})
    .describe("Logs, on standard output."),
  store: z
    .strictObject({
      path: name("a path")
        .prefault("data/gateway.db")
        .describe('SQLite database, relative to the working directory; ":memory:" keeps nothing.'),
      synchronous: z
        .enum(["normal", "full"], { error: "expected normal or full" })
        .prefault("normal")
        .describe(
          "What a stored response survives: `normal` the end of the process, `full` a power cut too, at the price of a wait for the disk.",
        ),
      files: filesSchema.prefault({}).describe("Uploaded files."),
      retention: retentionSchema
        .prefault({})
        .describe("What is kept no longer. Responses that have not ended always stay."),
    })
    .prefault({})
    .describe("Where responses, conversations and files are kept."),
  auth: z
    .strictObject({
      keys: z.array(keySchema).prefault([]).describe("The keys that may call. With none, any caller may."),
      open: toggle()
        .prefault(false)
        .describe(
          "Let anyone call, on every interface. Without keys and without this, only loopback is listened on.",
        ),
    })
    .prefault({})
    .describe("Who may call."),
  server_key: name("a key")
    .optional()
    .describe(
      "Seals what is stored encrypted, such as the headers of connectors, and what callers keep for the server, such as a model's thoughts. Without it a file beside the database holds one, which only its owner may read; `gateway key rotate` replaces it. Where this is set later, the keys of that file still open what they have sealed, for as long as it is there. Write it as `${NAME}`, not in clear.",
    ),
  former_server_keys: keyList(8)
    .prefault([])
    .describe(
      "Keys that were `server_key` before and still open what they have sealed. To change the key, move the present one here, set a new one and restart. Empty entries are left out.",
    ),
  strict_params: toggle()
    .prefault(false)
    .describe(
      "Refuse (422) request fields and tools that are not carried out, instead of naming them in `x-gateway-ignored`.",
    ),
  embeddings: z
    .strictObject({
      backend: name("the name of a backend").describe(
        "The backend that makes the vectors, by its name under `backends`; `ollama` is the one that is looked for where none has that name.",
      ),
      model: name("a model's name").describe("The model, by the name that the backend knows it by."),
    })
    .optional()
    .describe("Which model makes the vectors of vector stores. Without it a small one that is built in."),
  tools: toolsSchema.prefault({}).describe("Tools that the gateway itself carries out."),
  backends: z
    .record(z.string(), backendSchema)
    .prefault({})
    .describe("Model servers by name. With none, the environment may name one, and else one is looked for."),
  discover: z
    .strictObject({
      ollama: baseUrl().prefault("http://127.0.0.1:11434/v1").describe("Where to look for Ollama."),
    })
    .prefault({})
    .describe(
      "What is looked for at the start when no backend is named. Where nothing is found, the `demo` model answers.",
    ),
  models: z
    .record(z.string(), modelSchema)
    .prefault({})
    .describe("Models by the name clients use. A model that is not listed is looked for at the backends."),
  default_model: name("a model's name")
    .optional()
    .describe("The model of requests that name none. Without it they are a 422."),
  background: z
    .strictObject({
      concurrency: integer(1, 10_000)
        .prefault(16)
        .describe(
          "Background responses that run at the same time; others wait in the order they came, tenant by tenant.",
        ),
    })
    .prefault({})
    .describe("Responses with `background: true`."),
  requests: z
    .strictObject({
      max_body: size()
        .prefault("32MiB")
        .describe("Largest request body as it arrives; files have limits of their own. Larger is a 413."),
      max_decoded_body: size()
        .prefault("64MiB")
        .describe("Largest request body after gzip, br, zstd or deflate is undone. Larger is a 413."),
      receive_timeout: duration()
        .prefault("60s")
        .describe(
          "Time a request, or a message of a WebSocket, may take to arrive in full. The upload of a file may take longer, as long as it brings a KiB a second.",
        ),
      max_concurrent: integer(1, 1_000_000)
        .prefault(1000)
        .describe("Requests worked on at once. Above that the answer is 503 with Retry-After."),
      heartbeat: duration()
        .prefault("15s")
        .describe(
          "A stream that is silent for this long sends a comment line, so that nothing between closes it. 0s: never.",
        ),
    })
    .prefault({})
    .describe("Limits on requests, at both listeners."),
  websocket: websocketSchema.prefault({}).describe("WebSocket mode, `GET /v1/responses` with an upgrade."),
  health: z
    .strictObject({
      path: name("a path").prefault("/v1/models").describe("Path that is asked, on the backend's host."),
      interval: duration().prefault("10s").describe("Time between two checks of a backend."),
      timeout: duration().prefault("2s").describe("Time a check may take."),
      unhealthy: integer(1, 1000).prefault(3).describe("Failed checks in a row that take a backend out."),
      healthy: integer(1, 1000).prefault(2).describe("Good checks in a row that take it in again."),
    })
    .optional()
    .describe(
      "Active health checks of the backends. Accepted without effect: there are none in this version.",
    ),
  retry: z
    .strictObject({
      attempts: integer(1, 10).prefault(2).describe("Tries in all, the first one included."),
      on: z
        .array(retryCause())
        .prefault(["connect", 429, "5xx"])
        .describe("What is tried again: `connect` (there is no connection), `429`, `5xx`."),
    })
    .prefault({})
    .describe("Further tries at a backend, only before its first byte."),
  timeout: z
    .strictObject({
      connect: duration().prefault("5s").describe("Time to a connection."),
      first_byte: duration().prefault("60s").describe("Time to the first byte of the answer."),
      idle: duration().prefault("30s").describe("Longest silence within an answer."),
      total: duration().prefault("300s").describe("Longest answer as a whole."),
    })
    .prefault({})
    .describe("How long a backend is waited for."),
  shutdown: z
    .strictObject({
      drain_delay: duration()
        .prefault("0s")
        .describe(
          'Time between reporting "not serving" and turning requests away, so that balancers can leave first.',
        ),
      grace: duration().prefault("10s").describe("Time that running answers then have to end."),
    })
    .prefault({})
    .describe("What happens on SIGTERM and SIGINT."),
  telemetry: z
    .strictObject({
      prometheus: toggle().prefault(true).describe("Serve `GET /metrics` in Prometheus text form."),
    })
    .prefault({})
    .describe("Measurements."),
});

/** Written 429 or "429"; the program knows it by the text. */
function retryCause() {
  const error = 'expected "connect", 429 or "5xx"';
  return z.codec(z.union([z.string(), z.number()], { error }), z.enum(["connect", "429", "5xx"]), {
    decode(input, context) {
      const cause = String(input);
      if (cause === "connect" || cause === "429" || cause === "5xx") return cause;
      context.issues.push({ code: "custom", input, message: error });
      return z.NEVER;
    },
    encode: (cause) => (cause === "429" ? 429 : cause),
  });
}
