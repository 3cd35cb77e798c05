import type { ContainerFileRecord, ContainerRecord } from "@gateway/engine";
import type { ContainerFileObject, ContainerObject } from "@gateway/protocol";

/** Where a container's files are, for the code in it. */
export const containerRoot = "/mnt/data";

/** Whether a container has expired at `now`, in milliseconds. */
export function hasExpired({ lastActiveAt, expiresAfter }: ContainerRecord, now: number): boolean {
  return lastActiveAt + expiresAfter * 60 <= now / 1000;
}

/** A container as the API shows it. */
export function toContainerObject(record: ContainerRecord, now: number): ContainerObject {
  return {
    id: record.id,
    object: "container",
    name: record.name,
    created_at: record.createdAt,
    status: hasExpired(record, now) ? "expired" : "running",
    expires_after: { anchor: "last_active_at", minutes: record.expiresAfter },
    last_active_at: record.lastActiveAt,
    memory_limit: record.memoryLimit,
    network_policy: { type: "disabled" },
  };
}

/** A file of a container as the API shows it. */
export function toContainerFileObject(containerId: string, file: ContainerFileRecord): ContainerFileObject {
  return {
    id: file.id,
    object: "container.file",
    container_id: containerId,
    created_at: file.createdAt,
    bytes: file.bytes,
    path: `${containerRoot}/${file.path}`,
    source: file.source,
  };
}
