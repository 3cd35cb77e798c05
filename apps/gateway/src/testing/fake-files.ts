import { createHash } from "node:crypto";
import type { ReceivedBlob } from "@gateway/engine";
import type { Files, Uploads } from "@gateway/knowledge";
import {
  ApiError,
  type FileObject,
  newFileId,
  newId,
  notFound,
  pageOf,
  type UploadObject,
} from "@gateway/protocol";

/** Files and uploads in memory, for tests, and what is left of content that nobody kept. */
export interface FakeFiles {
  files: Files;
  uploads: Uploads;
  /** Contents that were received and neither kept nor discarded yet, or are being received. */
  pending(): number;
  /** Parts of all uploads. */
  parts(): number;
}

/** @param maxBytes longest content; the 413 is thrown as it arrives */
export function fakeFiles(maxBytes = 1_000_000): FakeFiles {
  const kept = new Map<string, { tenant: string; file: FileObject; content: Buffer }>();
  const uploads = new Map<string, { tenant: string; upload: UploadObject; parts: Map<string, Buffer> }>();
  let pending = 0;

  const readAll = async (content: AsyncIterable<Uint8Array>): Promise<Buffer> => {
    pending++;
    try {
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for await (const chunk of content) {
        bytes += chunk.byteLength;
        if (bytes > maxBytes)
          throw new ApiError("too large", {
            status: 413,
            type: "invalid_request_error",
            code: "request_too_large",
          });
        chunks.push(chunk.slice());
      }
      return Buffer.concat(chunks);
    } finally {
      pending--;
    }
  };
  const find = (tenant: string, id: string) => {
    const entry = kept.get(id);
    if (entry?.tenant !== tenant) throw notFound(`File with id '${id}' not found.`);
    return entry;
  };
  const findUpload = (tenant: string, id: string) => {
    const entry = uploads.get(id);
    if (entry?.tenant !== tenant) throw notFound(`Upload with id '${id}' not found.`);
    return entry;
  };
  const add = (
    tenant: string,
    filename: string,
    purpose: FileObject["purpose"],
    content: Buffer,
    expires: number | null,
  ) => {
    const file: FileObject = {
      id: newFileId(),
      object: "file",
      bytes: content.byteLength,
      created_at: 1000,
      expires_at: expires,
      filename,
      purpose,
      status: "processed",
      status_details: null,
    };
    kept.set(file.id, { tenant, file, content });
    return file;
  };

  const contents = new WeakMap<ReceivedBlob, Buffer>();
  const files: Files = {
    async receive(content) {
      const bytes = await readAll(content);
      pending++;
      const received: ReceivedBlob = {
        hash: hashOf(bytes),
        md5: "",
        bytes: bytes.byteLength,
        async keep() {
          pending--;
        },
        async discard() {
          pending--;
        },
      };
      contents.set(received, bytes);
      return received;
    },
    async create(tenant, { filename, purpose, expiresAfter }, content) {
      await content.keep();
      const expires = expiresAfter === undefined ? null : 1000 + expiresAfter;
      return add(tenant, filename, purpose, contents.get(content) ?? Buffer.alloc(0), expires);
    },
    async get(tenant, id) {
      return find(tenant, id).file;
    },
    async content(tenant, id, range) {
      const { file, content } = find(tenant, id);
      const span = range?.(file.bytes);
      const bytes = span === undefined ? content : content.subarray(span.start, span.end + 1);
      return { file, hash: hashOf(content), range: span, body: ReadableStream.from([new Uint8Array(bytes)]) };
    },
    async list(tenant, { purpose, ...query }) {
      const own = [...kept.values()].filter((entry) => entry.tenant === tenant).map(({ file }) => file);
      const page = pageOf(
        own.filter((file) => purpose === undefined || file.purpose === purpose),
        query,
      );
      if (!page) throw notFound(`File with id '${query.after}' not found.`, { param: "after" });
      return page;
    },
    async delete(tenant, id) {
      find(tenant, id);
      kept.delete(id);
    },
  };

  return {
    files,
    uploads: {
      async create(tenant, { bytes, filename, purpose }) {
        const upload: UploadObject = {
          id: newId("upload"),
          object: "upload",
          bytes,
          created_at: 1000,
          expires_at: 4600,
          filename,
          purpose,
          status: "pending",
          file: null,
        };
        uploads.set(upload.id, { tenant, upload, parts: new Map() });
        return upload;
      },
      async addPart(tenant, id, content) {
        const { parts } = findUpload(tenant, id);
        const bytes = await readAll(content);
        const part = { id: newId("part"), object: "upload.part" as const, created_at: 1000, upload_id: id };
        parts.set(part.id, bytes);
        return part;
      },
      async complete(tenant, id, { part_ids }) {
        const { upload, parts } = findUpload(tenant, id);
        const content = Buffer.concat(part_ids.map((part) => parts.get(part) ?? Buffer.alloc(0)));
        upload.status = "completed";
        return { ...upload, file: add(tenant, upload.filename, upload.purpose, content, null) };
      },
      async cancel(tenant, id) {
        const { upload } = findUpload(tenant, id);
        upload.status = "cancelled";
        return upload;
      },
    },
    pending: () => pending,
    parts: () => [...uploads.values()].reduce((count, { parts }) => count + parts.size, 0),
  };
}

function hashOf(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
