// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own variables look like this
import * as z from "zod";
import { duration, name, size } from "./scalars.ts";

const engineUrl = 'expected a URL such as "http://searxng:8080", with {query} where the provider is http';

function isEngineUrl(text: string): boolean {
  const url = URL.parse(text.replace(/\{[a-z_]+\}/g, "x"));
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
}

const jsonPath = (what: string) => name(`${what}, such as "web.results"`);

/** `tools.web_search`: the search engine that is asked. What one key demands of another is checked apart. */
export const webSearchSchema = z.strictObject({
  provider: z
    .enum(["searxng", "brave", "tavily", "http"], { error: "expected searxng, brave, tavily or http" })
    .describe("The search engine: SearXNG, Brave, Tavily, or any with a JSON API over HTTP."),
  url: z
    .string({ error: engineUrl })
    .trim()
    .refine(isEngineUrl, engineUrl)
    .optional()
    .describe(
      "Its address. SearXNG: of the server, whose settings must allow the format `json`. Brave and Tavily: another one than theirs. `http`: of its API, where `{query}`, `{limit}`, `{country}`, `{allowed_domains}`, `{blocked_domains}` and `{key}` are filled in, as in `headers` and `body`.",
    ),
  key: z
    .string({ error: "expected a key" })
    .trim()
    .regex(/^[\x21-\x7e]+$/, "expected a key of printable ASCII characters, without spaces or line breaks")
    .optional()
    .describe(
      "Key of the API, which Brave and Tavily demand. `http` and `searxng` send it as a bearer token unless `{key}` says where. Write it as `${NAME}`, not in clear.",
    ),
  timeout: duration().prefault("10s").describe("Time until a search must be answered."),
  method: z
    .enum(["GET", "POST"], { error: "expected GET or POST" })
    .optional()
    .describe("`http` only: how the API is asked. GET unless there is a `body`."),
  headers: z
    .record(z.string(), z.string())
    .optional()
    .describe("`http` only: headers of every request, shown nowhere."),
  body: z
    .string({ error: "expected a text" })
    .optional()
    .describe('`http` only: JSON text that is sent, such as `{"q": "{query}", "n": {limit}}`.'),
  paths: z
    .strictObject({
      results: jsonPath("a place in JSON").describe("Where the list of results is."),
      title: jsonPath("a place in JSON").prefault("title").describe("Where in a result its title is."),
      url: jsonPath("a place in JSON").prefault("url").describe("Where in a result its address is."),
      snippet: jsonPath("a place in JSON").prefault("snippet").describe("Where in a result its text is."),
      published: jsonPath("a place in JSON").optional().describe("Where in a result its date is."),
    })
    .optional()
    .describe("`http` only: where in the answer things are, as `web.results` or `data[0].items`."),
});

/** `tools.fetch`: what is fetched from addresses that callers and models name. */
export const fetchSchema = z.strictObject({
  images: z
    .enum(["auto", "always", "never"], { error: "expected auto, always or never" })
    .prefault("auto")
    .describe(
      "Pictures by http and https URLs: fetch them and send their content to the model's server (`always`), leave that to the server (`never`), or do it for servers that cannot, such as Ollama and llama.cpp (`auto`: all but OpenAI and other known hosted ones).",
    ),
  max_bytes: size().prefault("20MiB").describe("Largest file, picture or page that is fetched."),
  timeout: duration().prefault("20s").describe("Time until all of it must be there."),
});

/** `tools.image_generation`: who makes pictures. */
export const imageGenerationSchema = z.strictObject({
  backend: name("the name of a backend")
    .optional()
    .describe(
      "The backend whose `POST /images/generations` makes the pictures of all models' responses. Without it each model's own backend does.",
    ),
  model: name("a model's name")
    .optional()
    .describe("The model that makes them, whatever the caller names. Without it the caller's."),
});
