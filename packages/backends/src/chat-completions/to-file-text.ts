import { type InputFile, notFound, unprocessable } from "@gateway/protocol";

/**
 * Turns an inline file into text for the model, with its name as a header. What counts is the data, not its
 * label: valid UTF-8 text is inlined (markdown, CSV, JSON, HTML, code), everything else is refused. `path`
 * names a key of the part for errors. Throws a 404 for a `file_id` (there is no file store behind a backend)
 * and a 422 for `file_url`, for binary data, and where there is no data at all.
 */
export function toFileText(file: InputFile, path: (key: string) => string): string {
  if (file.file_id != null) {
    throw notFound(`No such File object: ${file.file_id}`, { param: path("file_id") });
  }
  if (file.file_url != null) {
    throw unprocessable("Files by URL are not supported: send the text of the file as 'file_data'.", {
      param: path("file_url"),
      code: "unsupported_value",
    });
  }
  if (file.file_data == null) {
    throw unprocessable("An input_file needs 'file_data'.", {
      param: path("file_data"),
      code: "missing_required_parameter",
    });
  }
  const text = decodeText(decodeData(file.file_data, path("file_data")));
  if (text === undefined) {
    throw unprocessable(
      `${named(file)} is not text. Only text files (UTF-8) can be sent to the model; PDF and other binary files cannot.`,
      { param: path("file_data"), code: "unsupported_value" },
    );
  }
  return `File: ${file.filename ?? "unnamed"}\n\n${text}`;
}

function named(file: InputFile): string {
  return file.filename == null ? "The file" : `The file '${file.filename}'`;
}

const base64 = /^[A-Za-z0-9+/_\s-]*={0,2}\s*$/;

/** The bytes of `file_data`: a data URL (RFC 2397), base64 or not, or bare base64. */
function decodeData(data: string, param: string): Buffer {
  const comma = data.startsWith("data:") ? data.indexOf(",") : -1;
  const payload = data.slice(comma + 1);
  if (comma >= 0 && !/;base64$/i.test(data.slice(0, comma))) {
    try {
      return Buffer.from(decodeURIComponent(payload));
    } catch {
      throw malformed(param);
    }
  }
  if (!base64.test(payload)) throw malformed(param);
  return Buffer.from(payload, "base64");
}

function malformed(param: string): Error {
  return unprocessable(`Invalid '${param}': expected base64 or a data URL.`, {
    param,
    code: "invalid_value",
  });
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The text, or undefined where the bytes are something else. */
function decodeText(bytes: Buffer): string | undefined {
  // A PDF may happen to be valid UTF-8, and NUL is valid UTF-8 too.
  if (bytes.subarray(0, 5).toString("latin1") === "%PDF-" || bytes.includes(0)) return undefined;
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
