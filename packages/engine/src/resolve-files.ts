import { ApiError, type ContentPart, type Item, unprocessable } from "@gateway/protocol";
import { decodeFileData } from "./decode-file-data.ts";
import type { RequestScope } from "./engine-deps.ts";
import type { RequestFiles } from "./knowledge/request-files.ts";
import type { PartPath } from "./param-path.ts";

/** The path of a key of the part that is being resolved. */
type KeyPath = (key: string) => string;

/**
 * Replaces what refers to files by their content, for the model's server knows none: an `input_file` becomes its
 * text with its name as a header, an `input_image` by id a data URL. Items without files are passed on as they are.
 * `pathsOf` names the parts of an item, for errors. Throws an {@link ApiError} that names the field: 404 for an id that there is not, 422 for a file without text,
 * for `file_url`, and for a part that names no file.
 */
export async function resolveFiles(
  items: readonly Item[],
  pathsOf: (item: Item) => PartPath,
  scope: Pick<RequestScope, "tenant" | "abort">,
  files: RequestFiles,
): Promise<Item[]> {
  const resolved: Item[] = [];
  for (const item of items) {
    const parts = partsOf(item)?.some(refersToFile) ? partsOf(item) : undefined;
    if (parts === undefined) {
      resolved.push(item);
      continue;
    }
    const path = pathsOf(item);
    const content: ContentPart[] = [];
    for (const [index, part] of parts.entries()) {
      content.push(await resolvePart(part, (key) => path(index, key), scope, files));
    }
    resolved.push(
      (item.type === "function_call_output" ? { ...item, output: content } : { ...item, content }) as Item,
    );
  }
  return resolved;
}

function partsOf(item: Item): readonly ContentPart[] | undefined {
  const content =
    item.type === "message" ? item.content : item.type === "function_call_output" ? item.output : undefined;
  return typeof content === "string" ? undefined : content;
}

function refersToFile(part: ContentPart): boolean {
  return part.type === "input_file" || (part.type === "input_image" && part.file_id != null);
}

async function resolvePart(
  part: ContentPart,
  path: KeyPath,
  { tenant, abort }: Pick<RequestScope, "tenant" | "abort">,
  files: RequestFiles,
): Promise<ContentPart> {
  const { signal } = abort;
  if (part.type === "input_image" && part.file_id != null) {
    const { file_id: id, ...rest } = part;
    return { ...rest, image_url: await named(path("file_id"), files.imageUrl(tenant, id, signal)) };
  }
  if (part.type !== "input_file") return part;
  if (part.file_id != null) {
    const { filename, text } = await named(path("file_id"), files.text(tenant, part.file_id, signal));
    return toText(part.filename ?? filename, text);
  }
  if (part.file_url != null) {
    throw unprocessable("Files by URL are not supported: upload the file, or send it as 'file_data'.", {
      param: path("file_url"),
      code: "unsupported_value",
    });
  }
  if (part.file_data == null) {
    throw unprocessable("An input_file needs 'file_id' or 'file_data'.", {
      param: path("file_id"),
      code: "missing_required_parameter",
    });
  }
  const bytes = decodeFileData(part.file_data, path("file_data"));
  const name = part.filename ?? undefined;
  return toText(name ?? "unnamed", await named(path("file_data"), files.textOf(bytes, name, signal)));
}

function toText(filename: string, text: string): ContentPart {
  return { type: "input_text", text: `File: ${filename}\n\n${text}` };
}

/** Adds the field to an error that does not name one. */
async function named<T>(param: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    const error = ApiError.from(thrown);
    if (error.status >= 500) throw error;
    const { status, type, code, cause } = error;
    throw new ApiError(error.message, { status, type, code, cause, param });
  }
}
