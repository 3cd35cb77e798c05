import { renderEnvoyConfig } from "@gateway/example-envoy";
import {
  type GatewayProcess,
  type ImagesServer,
  type RecordedRequest,
  type Script,
  type ScriptedBackend,
  type ScriptedCall,
  type SearchEngine,
  startEnvoy,
  startGateway,
  startImagesServer,
  startScriptedBackend,
  startSearchEngine,
  startWebSite,
  text,
  toolCalls,
  type WebSite,
} from "@gateway/testkit";
import OpenAI from "openai";
import { type DoorName, doorNames } from "../doors.ts";

/** A gateway with a search engine, a web site and something that makes pictures, reached through every door. */
export interface WebDoors extends AsyncDisposable {
  readonly backend: ScriptedBackend;
  readonly gateway: GatewayProcess;
  readonly engine: SearchEngine;
  readonly site: WebSite;
  readonly images: ImagesServer;
  /** Base address of a door, without `/v1`. */
  url(door: DoorName): string;
  /** The official client at a door. */
  client(door: DoorName): OpenAI;
}

/**
 * Starts all parts. `tools` is laid over the tools of the test's own configuration; what is undefined there is left out.
 */
export async function startWeb(tools: Record<string, unknown> = {}): Promise<WebDoors> {
  await using parts = new AsyncDisposableStack();
  const backend = parts.use(await startScriptedBackend());
  const engine = parts.use(await startSearchEngine("searxng"));
  const site = parts.use(await startWebSite());
  const images = parts.use(await startImagesServer());
  engine.pages = [
    {
      title: "Otters",
      url: `${site.origin}/otters`,
      text: "Otters <b>swim</b> in rivers.",
      published: "2026-01-02",
    },
    { title: "Cats", url: "https://cats.example/", text: "Cats sleep." },
  ];
  site.pages = {
    "/otters": { body: "<title>All of otters</title><p>Otters swim. They hold hands while asleep.</p>" },
  };
  const gateway = parts.use(
    await startGateway({
      config: {
        retry: { attempts: 1 },
        timeout: { connect: "2s", idle: "2s" },
        requests: { heartbeat: "100ms" },
        log: { level: "debug", format: "json" },
        backends: { scripted: { url: backend.url }, pictures: { url: images.url } },
        models: { scripted: { backends: ["scripted"] } },
        tools: {
          allow_private_networks: true,
          web_search: { provider: "searxng", url: engine.origin, key: "sk-search-secret" },
          image_generation: { backend: "pictures", model: "painter" },
          ...tools,
        },
      },
    }),
  );
  const addresses = { http: gateway.http.replace("http://", ""), extproc: gateway.extproc };
  const envoy = (doorNames as readonly string[]).includes("envoy")
    ? await startEnvoy({ config: renderEnvoyConfig(addresses) })
    : undefined;
  const rest = parts.move();
  const url = (door: DoorName) => (door === "envoy" && envoy ? envoy.url() : gateway.http);
  return {
    backend,
    gateway,
    engine,
    site,
    images,
    url,
    client: (door) => new OpenAI({ baseURL: `${url(door)}/v1`, apiKey: "none", maxRetries: 0 }),
    async [Symbol.asyncDispose]() {
      // The gateway first, so that Envoy has no stream to it when it ends.
      await gateway.stop();
      await envoy?.stop();
      await rest.disposeAsync();
    },
  };
}

/**
 * A model that makes these calls, one after the other, and then answers. It knows its turn by the outputs behind the last
 * user message.
 */
export function acting(
  calls: readonly ScriptedCall[],
  answer: string,
  tokens?: readonly string[],
): (request: RecordedRequest) => Script {
  return ({ body }) => {
    const messages = body.messages ?? [];
    const done = messages
      .slice(messages.findLastIndex(({ role }) => role === "user"))
      .filter(({ role }) => role === "tool");
    const call = calls[done.length];
    if (call !== undefined) return toolCalls([call]);
    return text(answer, tokens === undefined ? {} : { tokens });
  };
}

/** What the model was shown of its calls in a request, in order. */
export function shownOutputs(request: RecordedRequest | undefined): string[] {
  return (request?.body.messages ?? []).flatMap(({ role, content }) =>
    role === "tool" ? [String(content)] : [],
  );
}
