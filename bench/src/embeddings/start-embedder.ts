import { type BenchServer, startServer } from "../line-process.ts";
import type { ServiceCount } from "./service-line.ts";

/** A running embeddings server of the bench. */
export interface Embedder extends BenchServer, AsyncDisposable {
  /** What it has done since it was started. */
  count(): Promise<ServiceCount>;
  /** What a gateway's configuration needs for this server to make its vectors. */
  readonly config: { backends: Record<string, object>; embeddings: { backend: string; model: string } };
}

/** Starts an embeddings server that takes `msPerText` milliseconds a text, one request at a time. */
export async function startEmbedder(msPerText: number): Promise<Embedder> {
  const server = await startServer("embeddings-server.ts", { MS_PER_TEXT: String(msPerText) });
  return {
    ...server,
    config: {
      backends: { embedder: { url: `${server.origin}/v1` } },
      embeddings: { backend: "embedder", model: "bench-384" },
    },
    count: async () => (await (await fetch(`${server.origin}/count`)).json()) as ServiceCount,
    [Symbol.asyncDispose]: server.stop,
  };
}
