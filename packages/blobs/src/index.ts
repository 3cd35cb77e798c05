export { type DirectoryBlobsOptions, openDirectoryBlobs } from "./directory-blobs.ts";
export { openS3Blobs, type S3BlobsOptions } from "./s3-blobs.ts";
