import { createHash } from "node:crypto";
import type {
  FileQuota,
  FileRecord,
  NewStoreFile,
  NewVectorStore,
  UploadRecord,
  UploadStore,
} from "@gateway/engine";
import { type FileObject, newFileId, newId } from "@gateway/protocol";
import type { Store } from "../store.ts";

/** No limit at all. */
export const noQuota: FileQuota = { files: undefined, bytes: undefined };

/** No limit that a test comes near to. */
export const noLimits: Parameters<UploadStore["create"]>[2] = { quota: noQuota, pending: 1_000 };

/** A file; its content is named after its id unless told otherwise. */
export function sampleFile(sample: Partial<FileObject> & { content?: string } = {}): FileRecord {
  const { content, ...fields } = sample;
  const file: FileObject = {
    id: newFileId(),
    object: "file",
    bytes: 10,
    created_at: 1_700_000_000,
    expires_at: null,
    filename: "notes.txt",
    purpose: "assistants",
    status: "processed",
    status_details: null,
    ...fields,
  };
  return { file, hash: hashOf(content ?? file.id) };
}

/** The name of a content in the blob store. */
export function hashOf(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** A pending upload of 100 bytes. */
export function sampleUpload(sample: Partial<UploadRecord["upload"]> = {}): UploadRecord {
  const upload: UploadRecord["upload"] = {
    id: newId("upload"),
    object: "upload",
    bytes: 100,
    created_at: 1_700_000_000,
    expires_at: 1_700_003_600,
    filename: "big.pdf",
    purpose: "user_data",
    status: "pending",
    file: null,
    ...sample,
  };
  return { upload, fileExpiry: null };
}

/** A vector store that does not expire. */
export function sampleVectorStore(sample: Partial<NewVectorStore> = {}): NewVectorStore {
  return {
    id: newId("vs"),
    created_at: 1000,
    name: null,
    description: null,
    metadata: {},
    expires_after: null,
    ...sample,
  };
}

/** A file as it is put into a store. */
export function sampleStoreFile(fileId: string, attributes: NewStoreFile["attributes"] = {}): NewStoreFile {
  return { fileId, attributes, chunking: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 } };
}

/** Adds files of a tenant, in this order, and gives their ids. */
export async function addFiles(store: Store, tenant: string, count: number): Promise<string[]> {
  const records = Array.from({ length: count }, () => sampleFile());
  await Promise.all(records.map((record) => store.files.add(tenant, record, noQuota)));
  return records.map(({ file }) => file.id);
}

/** Adds a vector store with new files and gives the ids of all. */
export async function addVectorStore(
  store: Store,
  tenant: string,
  fileCount: number,
): Promise<{ storeId: string; fileIds: string[] }> {
  const fileIds = await addFiles(store, tenant, fileCount);
  const created = sampleVectorStore();
  await store.vectorStores.create(
    tenant,
    created,
    fileIds.map((id) => sampleStoreFile(id)),
  );
  return { storeId: created.id, fileIds };
}

/** The number of a file's document, which must be there. */
export async function documentOf(
  store: Store,
  tenant: string,
  storeId: string,
  fileId: string,
): Promise<number> {
  const document = await store.vectorStores.documentOf(tenant, storeId, fileId);
  if (document === undefined) throw new Error(`${fileId} is not in ${storeId}`);
  return document;
}
