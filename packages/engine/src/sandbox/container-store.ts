import type { ContainerFileObject, ContainerListQuery, Page, PageQuery } from "@gateway/protocol";

/** A container as it is kept. Times are Unix times in seconds. */
export interface ContainerRecord {
  id: string;
  name: string;
  createdAt: number;
  lastActiveAt: number;
  /** Minutes from `lastActiveAt` after which it expires. */
  expiresAfter: number;
  memoryLimit: "1g" | "4g" | "16g" | "64g";
  /** Whether code has been run in it. */
  used: boolean;
}

/** A file of a container as it is kept. */
export interface ContainerFileRecord {
  id: string;
  /** Relative to the container's directory. */
  path: string;
  bytes: number;
  createdAt: number;
  source: ContainerFileObject["source"];
  /** Name of the content in the blob store. */
  hash: string;
}

/** How much there may be. */
export interface ContainerQuota {
  /** Containers of a tenant. */
  containers: number;
  /** Files of a container. */
  files: number;
  /** Bytes of them together. */
  bytes: number;
}

/** Says which limit would be passed. */
export type ContainerQuotaExceeded = "containers_quota" | "files_quota" | "bytes_quota";

/**
 * Keeps what is known of containers and their files; what is in the files is in the blob store, and counts as referred to
 * while a row names it. Scoped to a tenant like responses.
 */
export interface ContainerStore {
  /** Where a tenant has as many as it may, the one that expired first makes room. */
  create(
    tenant: string,
    record: ContainerRecord,
    now: number,
    quota: ContainerQuota,
  ): Promise<"created" | "containers_quota">;
  get(tenant: string, id: string): Promise<ContainerRecord | undefined>;
  /** By time of creation. Undefined when there is none `after`. */
  list(tenant: string, query: ContainerListQuery): Promise<Page<ContainerRecord> | undefined>;
  /** Notes that it is in use, and whether code is run. False when there is none. */
  touch(tenant: string, id: string, now: number, runs: boolean): Promise<boolean>;
  /** Deletes it with its files. False when there was none. */
  delete(tenant: string, id: string): Promise<boolean>;
  /** Containers of any tenant that have not been in use since `before` (seconds). */
  idle(before: number, limit: number): Promise<{ tenant: string; id: string }[]>;

  /** All files, by path. */
  files(tenant: string, id: string): Promise<ContainerFileRecord[]>;
  /** By time of creation. Undefined when there is no such container, or no file `after`. */
  listFiles(tenant: string, id: string, query: PageQuery): Promise<Page<ContainerFileRecord> | undefined>;
  getFile(tenant: string, id: string, fileId: string): Promise<ContainerFileRecord | undefined>;
  /**
   * Adds a file, or gives the one under the same path this content: it keeps its id then. Gives the file as it is kept,
   * `not_found` where there is no such container.
   */
  putFile(
    tenant: string,
    id: string,
    record: ContainerFileRecord,
    quota: ContainerQuota,
  ): Promise<ContainerFileRecord | "not_found" | ContainerQuotaExceeded>;
  /** Deletes a file. False when there was none. */
  deleteFile(tenant: string, id: string, fileId: string): Promise<boolean>;
}
