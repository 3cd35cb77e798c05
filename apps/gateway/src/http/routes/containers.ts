import {
  containerListQuery,
  copyContainerFile,
  notFound,
  pageQuery,
  parseCreateContainer,
  toListObject,
  validate,
} from "@gateway/protocol";
import type { Containers } from "@gateway/sandbox";
import { sendContent } from "../content/send-content.ts";
import type { AppContext, AppDeps } from "../context.ts";
import { toHeaderList } from "../create-call.ts";
import { toFilename } from "../multipart/filename.ts";
import { readForm } from "../multipart/read-form.ts";
import { readJson } from "../read-json.ts";
import type { Handler } from "../route-table.ts";

/** `POST /v1/containers`. */
export function create(deps: AppDeps): Handler {
  return async (c) => {
    const containers = containersOf(deps, c);
    const { requests, strict_params: strict } = deps.config;
    const { container: body, ignored } = parseCreateContainer(await readJson(c, requests), strict);
    const container = await containers.create(c.get("tenant"), body, c.req.raw.signal);
    c.get("logFields").container_id = container.id;
    if (ignored.length > 0) c.header("x-gateway-ignored", toHeaderList(ignored));
    return c.json(container);
  };
}

/** `GET /v1/containers`, paged, newest first unless asked otherwise; those of one name where one is given. */
export function list(deps: AppDeps): Handler {
  return async (c) => {
    const query = validate(containerListQuery, c.req.query());
    return c.json(toListObject(await containersOf(deps, c).list(c.get("tenant"), query)));
  };
}

/** `GET /v1/containers/{id}`. */
export function retrieve(deps: AppDeps): Handler {
  return async (c) => c.json(await containersOf(deps, c).get(c.get("tenant"), idOf(c)));
}

/** `DELETE /v1/containers/{id}`: with its files, and what runs in it. */
export function remove(deps: AppDeps): Handler {
  return async (c) => {
    await containersOf(deps, c).delete(c.get("tenant"), idOf(c));
    return c.json({ id: idOf(c), object: "container.deleted", deleted: true });
  };
}

/** `POST /v1/containers/{id}/files`: a form with the file, or JSON that names one of the Files API. */
export function createFile(deps: AppDeps): Handler {
  const form = { fileField: "file", maxBytes: deps.config.tools.code_interpreter.max_file_bytes };
  return async (c) => {
    const containers = containersOf(deps, c);
    const tenant = c.get("tenant");
    c.get("logFields").container_id = idOf(c);
    if (c.req.header("content-type")?.trim().toLowerCase().startsWith("multipart/") !== true) {
      const { file_id: fileId } = validate(copyContainerFile, await readJson(c, deps.config.requests));
      return c.json(await containers.copyFile(tenant, idOf(c), fileId, c.req.raw.signal));
    }
    const { filename, received } = await readForm(c, form, (content, signal) =>
      containers.receive(content, signal),
    );
    let name: string;
    try {
      name = toFilename(filename, "file");
    } catch (error) {
      await received.discard();
      throw error;
    }
    const file = await containers.addFile(tenant, idOf(c), name, received);
    Object.assign(c.get("logFields"), { file_id: file.id, bytes: file.bytes });
    return c.json(file);
  };
}

/** `GET /v1/containers/{id}/files`, paged, newest first unless asked otherwise. */
export function listFiles(deps: AppDeps): Handler {
  return async (c) => {
    const query = validate(pageQuery, c.req.query());
    return c.json(toListObject(await containersOf(deps, c).listFiles(c.get("tenant"), idOf(c), query)));
  };
}

/** `GET /v1/containers/{id}/files/{file}`. */
export function retrieveFile(deps: AppDeps): Handler {
  return async (c) => c.json(await containersOf(deps, c).getFile(c.get("tenant"), idOf(c), fileIdOf(c)));
}

/** `DELETE /v1/containers/{id}/files/{file}`. */
export function removeFile(deps: AppDeps): Handler {
  return async (c) => {
    await containersOf(deps, c).deleteFile(c.get("tenant"), idOf(c), fileIdOf(c));
    return c.json({ id: fileIdOf(c), object: "container.file.deleted", deleted: true });
  };
}

/** `GET /v1/containers/{id}/files/{file}/content`: the bytes, or a range of them. */
export function content(deps: AppDeps): Handler {
  return async (c) => {
    const containers = containersOf(deps, c);
    return sendContent(c, async (range) => {
      const { file, ...found } = await containers.fileContent(c.get("tenant"), idOf(c), fileIdOf(c), range);
      const { id, bytes, path } = file;
      const filename = path.slice(path.lastIndexOf("/") + 1);
      return { ...found, file: { id, bytes, filename, purpose: "user_data" } };
    });
  };
}

function containersOf({ containers }: AppDeps, c: AppContext): Containers {
  if (containers !== undefined) return containers;
  throw notFound(
    `${c.req.path} is not available: this server runs no code. Its operator can enable tools.code_interpreter.`,
    { code: "unsupported_endpoint" },
  );
}

function idOf(c: AppContext): string {
  return c.req.param("id") ?? "";
}

function fileIdOf(c: AppContext): string {
  return c.req.param("file") ?? "";
}
