import { StoreError } from "./errors.ts";
import type { S3BlobsOptions } from "./s3-blobs.ts";

/**
 * The address of a bucket, path style (`https://host/bucket`): the one that every S3-speaking server understands.
 *
 * @throws StoreError for the first setting that cannot work. Neither keys nor an address that may hold some are in
 * the message.
 */
export function toBucketAddress(options: S3BlobsOptions): string {
  const { endpoint, bucket, region, accessKeyId, secretAccessKey, prefix = "" } = options;
  const url = URL.parse(endpoint);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new StoreError(
      "The endpoint of the object store must be an address that begins with http:// or https://.",
    );
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new StoreError(
      "The endpoint of the object store must be an address alone. Give credentials as access key and secret key.",
    );
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]+[A-Za-z0-9]$/.test(bucket)) {
    throw new StoreError(`The bucket '${bucket}' of the object store has no valid name.`);
  }
  if (!/^[A-Za-z0-9-]+$/.test(region)) {
    throw new StoreError("The object store needs a region, such as us-east-1, or auto where it has none.");
  }
  // A line break at the end is what a secret that was read from a file often has.
  for (const [name, value] of Object.entries({ "access key": accessKeyId, "secret key": secretAccessKey })) {
    if (!/^[\x21-\x7e]+$/.test(value)) {
      throw new StoreError(`The ${name} of the object store is empty, or has spaces or line breaks in it.`);
    }
  }
  // Addresses lose such segments on the way, and objects would be looked for elsewhere.
  if (!/^([A-Za-z0-9._=-]+\/)*[A-Za-z0-9._=-]*$/.test(prefix) || /(^|\/)\.{1,2}\//.test(prefix)) {
    throw new StoreError(
      `The prefix '${prefix}' of the object store may have letters, digits, '.', '_', '=', '-' and single '/', as in files/.`,
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}/${bucket}`;
}
