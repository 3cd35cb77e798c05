import type OpenAI from "openai";
import { toFile } from "openai";
import { settledStore } from "../knowledge/settled-store.ts";

/** A vector store with one file, about otters. */
export async function addOtters(client: OpenAI): Promise<string> {
  const file = await toFile(Buffer.from("Otters swim in rivers."), "otters.md");
  const { id: fileId } = await client.files.create({ file, purpose: "assistants" });
  const { id } = await client.vectorStores.create({ file_ids: [fileId] });
  await settledStore(client, id);
  return id;
}

/** The tool that searches a vector store. */
export function searchOf(store: string): OpenAI.Responses.FileSearchTool {
  return { type: "file_search", vector_store_ids: [store] };
}

/** Time-outs that the tests do not meet by holding the model back. */
export const patient = { timeout: { connect: "2s", first_byte: "60s", idle: "60s" } };
