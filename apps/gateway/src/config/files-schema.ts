// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own variables look like this
import * as z from "zod";
import { baseUrl, integer, name, size } from "./scalars.ts";

/** `store.files`: where the content of files is, and how much of it there may be. */
export const filesSchema = z.strictObject({
  dir: name("a path")
    .optional()
    .describe(
      "Directory of the files' content, relative to the working directory. Without it `files` beside the database.",
    ),
  s3: z
    .strictObject({
      endpoint: baseUrl().describe(
        "Address of the object store, such as `https://s3.eu-central-1.amazonaws.com`.",
      ),
      bucket: name("a bucket's name").describe("The bucket. It must exist."),
      region: name("a region").prefault("us-east-1").describe("The region that requests are signed for."),
      access_key_id: name("a key's id").describe("Who signs."),
      secret_access_key: name("a key").describe("What is signed with. Write it as `${NAME}`, not in clear."),
      prefix: z
        .string({ error: "expected a text" })
        .optional()
        .describe("Begins the name of every object, such as `files/`."),
    })
    .optional()
    .describe("Keep the content in an S3-speaking object store instead of a directory. Excludes `dir`."),
  max_bytes: size().prefault("512MiB").describe("Largest file that is taken at once. Larger is a 413."),
  part_max_bytes: size().prefault("64MiB").describe("Largest part of an upload."),
  upload_max_bytes: size().prefault("8GiB").describe("Largest file that is uploaded in parts."),
  quota_bytes: size().optional().describe("Bytes that each tenant may keep. Without it there is no limit."),
  quota_files: integer(0, 1_000_000_000)
    .optional()
    .describe("Files that each tenant may keep. Without it there is no limit."),
});
