import { fileExpiry, fileListQuery, filePurpose, toListObject, validate } from "@gateway/protocol";
import * as z from "zod";
import { sendContent } from "../content/send-content.ts";
import type { AppContext, AppDeps } from "../context.ts";
import { toFilename } from "../multipart/filename.ts";
import { readForm } from "../multipart/read-form.ts";
import type { Handler } from "../route-table.ts";

/** The fields beside the file of `POST /v1/files`. */
const createFile = z.looseObject({ purpose: filePurpose, expires_after: fileExpiry.nullish() });

/** `POST /v1/files`: a form; the content is received first, whatever the order of its fields. */
export function create({ config, knowledge }: AppDeps): Handler {
  const form = { fileField: "file", maxBytes: config.store.files.max_bytes };
  return async (c) => {
    const { fields, filename, received } = await readForm(c, form, (content, signal) =>
      knowledge.files.receive(content, signal),
    );
    let file: Parameters<typeof knowledge.files.create>[1];
    try {
      const { purpose, expires_after: expiry } = validate(createFile, fields);
      file = { filename: toFilename(filename, "file"), purpose, expiresAfter: expiry?.seconds };
    } catch (error) {
      await received.discard();
      throw error;
    }
    const created = await knowledge.files.create(c.get("tenant"), file, received);
    Object.assign(c.get("logFields"), { file_id: created.id, bytes: created.bytes });
    return c.json(created);
  };
}

/** `GET /v1/files`, paged, newest first unless asked otherwise. */
export function list({ knowledge }: AppDeps): Handler {
  return async (c) => {
    const query = validate(fileListQuery, c.req.query());
    return c.json(toListObject(await knowledge.files.list(c.get("tenant"), query)));
  };
}

/** `GET /v1/files/{id}`. */
export function retrieve({ knowledge }: AppDeps): Handler {
  return async (c) => c.json(await knowledge.files.get(c.get("tenant"), idOf(c)));
}

/** `DELETE /v1/files/{id}`: takes it out of all vector stores, too. */
export function remove({ knowledge }: AppDeps): Handler {
  return async (c) => {
    await knowledge.files.delete(c.get("tenant"), idOf(c));
    return c.json({ id: idOf(c), object: "file", deleted: true });
  };
}

/** `GET /v1/files/{id}/content`: the bytes, or a range of them. */
export function content({ knowledge }: AppDeps): Handler {
  return (c) => sendContent(c, (range) => knowledge.files.content(c.get("tenant"), idOf(c), range));
}

function idOf(c: AppContext): string {
  return c.req.param("id") ?? "";
}
