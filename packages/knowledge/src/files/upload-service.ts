import type { BlobStore, FileQuota, PartRecord, UploadRecord, UploadStore } from "@gateway/engine";
import {
  type ApiError,
  badRequest,
  newId,
  type UploadObject,
  type UploadPartObject,
  unprocessable,
} from "@gateway/protocol";
import { KeyLocks } from "../key-locks.ts";
import type { Uploads } from "../knowledge.ts";
import { noSuchUpload, quotaExceeded, tooLarge } from "../refusals.ts";
import type { BlobKeeper } from "./blob-keeper.ts";
import { joinParts } from "./join-parts.ts";
import { newFileRecord } from "./new-file-record.ts";

/** What {@link openUploads} works with. */
export interface UploadsDeps {
  uploads: UploadStore;
  blobs: BlobStore;
  keeper: BlobKeeper;
  settings: {
    maxUploadBytes: number;
    maxPartBytes: number;
    uploadLifetimeSeconds: number;
    maxPendingUploads: number;
    quota: FileQuota;
  };
  /** Unix time in milliseconds. */
  now(): number;
}

/** Uploads in parts. Each part is content of its own until the file is put together from them. */
export function openUploads(deps: UploadsDeps): Uploads {
  const { uploads, blobs, keeper, settings } = deps;
  const { quota } = settings;
  /** Held while an upload is completed: two at once would both read all its parts. */
  const completing = new KeyLocks();
  const seconds = (): number => Math.floor(deps.now() / 1000);

  async function find(tenant: string, id: string): Promise<UploadRecord> {
    const record = await uploads.get(tenant, id);
    if (!record) throw noSuchUpload(id);
    if (record.upload.status !== "pending" || record.upload.expires_at > seconds()) return record;
    return { ...record, upload: { ...record.upload, status: "expired" } };
  }

  async function findPending(tenant: string, id: string): Promise<UploadRecord> {
    const record = await find(tenant, id);
    if (record.upload.status !== "pending") throw notPending(record.upload);
    return record;
  }

  /** Receives the joined parts. Parts that are gone because the upload has ended meanwhile are a 400, not a fault. */
  async function receiveJoined(
    tenant: string,
    record: UploadRecord,
    parts: readonly PartRecord[],
    signal: AbortSignal | undefined,
  ) {
    try {
      return await blobs.receive(joinParts(blobs, parts), record.upload.bytes, signal);
    } catch (error) {
      signal?.throwIfAborted();
      await findPending(tenant, record.upload.id);
      throw error;
    }
  }

  /** Puts a pending upload's file together from its parts. */
  async function complete(
    tenant: string,
    record: UploadRecord,
    body: Parameters<Uploads["complete"]>[2],
    signal: AbortSignal | undefined,
  ): Promise<UploadObject> {
    const { id } = record.upload;
    const parts = toParts(body.part_ids, await uploads.parts(tenant, id, body.part_ids));
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    if (bytes !== record.upload.bytes) {
      throw unprocessable(
        `The parts have ${bytes} bytes together, but the upload was created with ${record.upload.bytes}.`,
        { param: "part_ids" },
      );
    }
    const content = await receiveJoined(tenant, record, parts, signal);
    if (body.md5 != null && body.md5.toLowerCase() !== content.md5.toLowerCase()) {
      await content.discard();
      throw unprocessable(`'md5' is not that of the content, which is ${content.md5}.`, { param: "md5" });
    }
    const { filename, purpose } = record.upload;
    const file = newFileRecord(
      { filename, purpose, expiresAfter: record.fileExpiry ?? undefined },
      content,
      deps.now(),
    );
    await keeper.hold(content, async () => {
      const outcome = await uploads.complete(tenant, id, file, quota);
      if (outcome === "closed") throw notPending((await find(tenant, id)).upload);
      if (outcome !== "completed") throw quotaExceeded(outcome);
    });
    keeper.sweep();
    return { ...record.upload, status: "completed", file: file.file };
  }

  return {
    async create(tenant, body) {
      if (body.bytes > settings.maxUploadBytes) {
        throw tooLarge(`'bytes' must not be more than ${settings.maxUploadBytes}.`, "bytes");
      }
      const createdAt = seconds();
      const upload: UploadObject = {
        id: newId("upload"),
        object: "upload",
        bytes: body.bytes,
        created_at: createdAt,
        expires_at: createdAt + settings.uploadLifetimeSeconds,
        filename: body.filename,
        purpose: body.purpose,
        status: "pending",
        file: null,
      };
      const fileExpiry = body.expires_after?.seconds ?? null;
      const limits = { quota, pending: settings.maxPendingUploads };
      const outcome = await uploads.create(tenant, { upload, fileExpiry }, limits);
      if (outcome !== "created") throw quotaExceeded(outcome);
      return upload;
    },

    async addPart(tenant, id, content, signal) {
      const { upload } = await findPending(tenant, id);
      const received = await blobs.receive(content, Math.min(settings.maxPartBytes, upload.bytes), signal);
      const part: UploadPartObject = {
        id: newId("part"),
        object: "upload.part",
        created_at: seconds(),
        upload_id: id,
      };
      await keeper.hold(received, async () => {
        const { hash, bytes } = received;
        const outcome = await uploads.addPart(tenant, { part, hash, bytes }, quota);
        if (outcome === "not_found") throw noSuchUpload(id);
        if (outcome === "closed") throw notPending((await find(tenant, id)).upload);
        if (outcome === "bytes_quota") throw quotaExceeded(outcome);
        if (outcome === "too_large") {
          throw tooLarge(
            `With this part the upload would be longer than the ${upload.bytes} bytes it was created with, parts sent twice allowed for.`,
          );
        }
      });
      return part;
    },

    complete(tenant, id, body, signal) {
      return completing.run(JSON.stringify([tenant, id]), async () => {
        signal?.throwIfAborted();
        const record = await find(tenant, id);
        if (record.upload.status === "completed") return record.upload;
        if (record.upload.status !== "pending") throw notPending(record.upload);
        return complete(tenant, record, body, signal);
      });
    },

    async cancel(tenant, id) {
      const { upload } = await find(tenant, id);
      if (upload.status === "cancelled") return upload;
      if (upload.status !== "pending") throw notPending(upload);
      if (!(await uploads.end(tenant, id, "cancelled"))) throw notPending((await find(tenant, id)).upload);
      keeper.sweep();
      return { ...upload, status: "cancelled" };
    },
  };
}

function notPending({ id, status }: UploadObject): ApiError {
  const advice = status === "expired" ? " Create another one." : "";
  return badRequest(`Upload '${id}' is ${status}: it can no longer be changed.${advice}`, {
    param: "upload_id",
  });
}

/** The parts in the order of their ids, each once; 422 naming the id that is wrong. */
function toParts(ids: readonly string[], found: readonly (PartRecord | undefined)[]): PartRecord[] {
  const seen = new Set<string>();
  return ids.map((id, index) => {
    const param = `part_ids[${index}]`;
    if (seen.has(id)) throw unprocessable(`Part '${id}' is named twice.`, { param });
    seen.add(id);
    const part = found[index];
    if (!part) throw unprocessable(`The upload has no part '${id}'.`, { param });
    return part;
  });
}
