import { describe, expect, test } from "vitest";
import { toBucketAddress } from "./s3-address.ts";

const options = {
  endpoint: "https://s3.example.com",
  bucket: "files",
  region: "eu-central-1",
  accessKeyId: "AKIA123",
  secretAccessKey: "abc/def+ghi",
  spoolDir: "spool",
};

describe("the address of a bucket", () => {
  test.each([
    ["https://s3.example.com", "https://s3.example.com/files"],
    ["http://127.0.0.1:9000/", "http://127.0.0.1:9000/files"],
    ["https://example.com/storage/s3//", "https://example.com/storage/s3/files"],
  ])("of %s has the bucket in its path", (endpoint, address) => {
    expect(toBucketAddress({ ...options, endpoint })).toBe(address);
  });

  test.each(["", "files", "files/", "a/b-c/d_e=1/.hidden/"])("is had with the prefix '%s'", (prefix) => {
    expect(toBucketAddress({ ...options, prefix })).toBe("https://s3.example.com/files");
  });

  test.each([
    [{ endpoint: "s3.example.com" }, "The endpoint of the object store must be an address that begins with"],
    [
      { endpoint: "ftp://s3.example.com" },
      "The endpoint of the object store must be an address that begins with",
    ],
    [{ endpoint: "https://AKIA123:abc@s3.example.com" }, "Give credentials as access key and secret key."],
    [{ endpoint: "https://s3.example.com?key=abc" }, "must be an address alone"],
    [{ bucket: "" }, "The bucket ''"],
    [{ bucket: "../files" }, "The bucket '../files'"],
    [{ region: "" }, "needs a region"],
    [{ accessKeyId: "" }, "The access key of the object store is empty"],
    [{ secretAccessKey: "abc/def+ghi\n" }, "The secret key of the object store is empty, or has spaces"],
    [{ prefix: "/files/" }, "The prefix '/files/'"],
    [{ prefix: "../files/" }, "The prefix '../files/'"],
    [{ prefix: "a/./b/" }, "The prefix 'a/./b/'"],
    [{ prefix: "a b/" }, "The prefix 'a b/'"],
  ])("is refused for %j, without a word about keys", (wrong, message) => {
    const attempt = (): string => toBucketAddress({ ...options, ...wrong });
    expect(attempt).toThrow(
      expect.objectContaining({ name: "StoreError", message: expect.stringContaining(message) }),
    );
    expect(attempt).not.toThrow(/AKIA|abc/);
  });
});
