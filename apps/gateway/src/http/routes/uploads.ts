import { completeUpload, createUpload, validate } from "@gateway/protocol";
import type { AppContext, AppDeps } from "../context.ts";
import { toFilename } from "../multipart/filename.ts";
import { readForm } from "../multipart/read-form.ts";
import { readJson } from "../read-json.ts";
import type { Handler } from "../route-table.ts";

/** `POST /v1/uploads`. */
export function create({ config, knowledge }: AppDeps): Handler {
  return async (c) => {
    const body = validate(createUpload, await readJson(c, config.requests));
    const filename = toFilename(body.filename, "filename");
    const upload = await knowledge.uploads.create(c.get("tenant"), { ...body, filename });
    Object.assign(c.get("logFields"), { upload_id: upload.id, bytes: upload.bytes });
    return c.json(upload);
  };
}

/** `POST /v1/uploads/{id}/parts`: a form. */
export function addPart({ config, knowledge }: AppDeps): Handler {
  const form = { fileField: "data", maxBytes: config.store.files.part_max_bytes };
  return async (c) => {
    c.get("logFields").upload_id = idOf(c);
    const { received } = await readForm(c, form, (content, signal) =>
      knowledge.uploads.addPart(c.get("tenant"), idOf(c), content, signal),
    );
    return c.json(received);
  };
}

/** `POST /v1/uploads/{id}/complete`: answers with the upload and its file. */
export function complete({ config, knowledge }: AppDeps): Handler {
  return async (c) => {
    const body = validate(completeUpload, await readJson(c, config.requests));
    const upload = await knowledge.uploads.complete(c.get("tenant"), idOf(c), body, c.req.raw.signal);
    Object.assign(c.get("logFields"), {
      upload_id: upload.id,
      file_id: upload.file?.id,
      bytes: upload.bytes,
    });
    return c.json(upload);
  };
}

/** `POST /v1/uploads/{id}/cancel`. */
export function cancel({ knowledge }: AppDeps): Handler {
  return async (c) => c.json(await knowledge.uploads.cancel(c.get("tenant"), idOf(c)));
}

function idOf(c: AppContext): string {
  return c.req.param("id") ?? "";
}
