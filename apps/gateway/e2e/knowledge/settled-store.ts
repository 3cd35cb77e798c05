import { waitFor } from "@gateway/testkit";
import type OpenAI from "openai";

/** The store once all its files are taken in or have failed. */
export function settledStore(client: OpenAI, id: string, timeoutMs = 10_000): Promise<OpenAI.VectorStore> {
  return waitFor(
    async () => {
      const store = await client.vectorStores.retrieve(id);
      return store.file_counts.in_progress === 0 ? store : undefined;
    },
    { what: `the files of ${id}`, everyMs: 25, timeoutMs },
  );
}
