import { renderEnvoyConfig } from "@gateway/example-envoy";
import {
  echoTool,
  type GatewayProcess,
  gatewayFromSource,
  type ScriptedBackend,
  startEnvoy,
  startGateway,
  startImagesServer,
  startMcpServer,
  startScriptedBackend,
  startSearchEngine,
} from "@gateway/testkit";
import OpenAI, { toFile } from "openai";
import { type DoorName, doorNames } from "../doors.ts";
import { settledStore } from "../knowledge/settled-store.ts";
import { startWordEmbeddings } from "../knowledge/word-embeddings.ts";

/** A gateway and, where it is installed, an Envoy in front of it. */
export interface Entrance {
  gateway: GatewayProcess;
  /** Base address of a door, without `/v1`. */
  url(door: DoorName): string;
}

/** Addresses and ids that requests name. */
export interface Things {
  /** MCP servers: `docs` has `lookup`, `write`, `fail` and `crash`, `wiki` has `lookup`, `down` cannot be listed. */
  mcp: { docs: string; wiki: string; down: string };
  /** A vector store with `otters.md` and `cats.md`. */
  vectorStore: string;
  /** A container for code: with one for all, Python is started once. */
  container: string;
}

/** All that the table of cases is played with: one set of servers, started once. */
export interface CaseWorld extends AsyncDisposable {
  backend: ScriptedBackend;
  things: Things;
  /** With every service. */
  full: Entrance;
  /** With none. */
  bare: Entrance;
}

/** Starts all servers. `models` are the names that the scripted backend has models for. */
export async function startCaseWorld(models: readonly string[]): Promise<CaseWorld> {
  await using parts = new AsyncDisposableStack();
  const backend = parts.use(await startScriptedBackend());
  const embeddings = parts.use(await startWordEmbeddings());
  const engine = parts.use(await startSearchEngine("searxng"));
  engine.pages = [
    { title: "Otters", url: "https://otters.example/", text: "Otters swim in rivers." },
    { title: "Cats", url: "https://cats.example/", text: "Cats sleep." },
  ];
  const images = parts.use(await startImagesServer());
  const fail = { content: [{ type: "text", text: "no such page" }], isError: true };
  const crash = () => Promise.reject(new Error("out of paper"));
  const docs = parts.use(
    await startMcpServer({
      tools: [
        echoTool("lookup"),
        echoTool("write"),
        echoTool("fail", { run: () => fail }),
        echoTool("crash", { run: crash }),
      ],
    }),
  );
  const wiki = parts.use(await startMcpServer({ tools: [echoTool("lookup")] }));
  const down = parts.use(await startMcpServer());
  down.failWith(503);

  const base = {
    retry: { attempts: 1 },
    timeout: { connect: "2s", idle: "5s" },
    log: { level: "info", format: "json" },
    models: Object.fromEntries(models.map((name) => [name, { backends: ["scripted"] }])),
  };
  const full = parts.use(
    await openEntrance({
      ...base,
      backends: {
        scripted: { url: backend.url },
        words: { url: embeddings.url },
        pictures: { url: images.url },
      },
      embeddings: { backend: "words", model: "words-1" },
      tools: {
        allow_private_networks: true,
        web_search: { provider: "searxng", url: engine.origin },
        image_generation: { backend: "pictures", model: "painter" },
        code_interpreter: { enabled: true, prewarm: 0 },
      },
    }),
  );
  const bare = parts.use(await openEntrance({ ...base, backends: { scripted: { url: backend.url } } }));
  const client = new OpenAI({ baseURL: `${full.gateway.http}/v1`, apiKey: "none", maxRetries: 0 });
  const vectorStore = await fillStore(client);
  const { id: container } = await client.containers.create({ name: "cases" });
  const rest = parts.move();
  return {
    backend,
    full,
    bare,
    things: { mcp: { docs: docs.url, wiki: wiki.url, down: down.url }, vectorStore, container },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

async function openEntrance(config: object): Promise<Entrance & AsyncDisposable> {
  await using parts = new AsyncDisposableStack();
  const gateway = parts.use(await startGateway({ config, entry: gatewayFromSource }));
  const addresses = { http: gateway.http.replace("http://", ""), extproc: gateway.extproc };
  const envoy = (doorNames as readonly string[]).includes("envoy")
    ? await startEnvoy({ config: renderEnvoyConfig(addresses) })
    : undefined;
  parts.move();
  return {
    gateway,
    url: (door) => (door === "envoy" && envoy ? envoy.url() : gateway.http),
    async [Symbol.asyncDispose]() {
      // The gateway first, so that Envoy has no stream to it when it ends.
      await gateway.stop();
      await envoy?.stop();
    },
  };
}

async function fillStore(client: OpenAI): Promise<string> {
  const texts = { "otters.md": "Otters swim in rivers.", "cats.md": "Cats sleep all day." };
  const ids: string[] = [];
  for (const [name, text] of Object.entries(texts)) {
    const file = await toFile(Buffer.from(text), name);
    ids.push((await client.files.create({ file, purpose: "assistants" })).id);
  }
  const { id } = await client.vectorStores.create({ file_ids: ids });
  await settledStore(client, id);
  return id;
}
