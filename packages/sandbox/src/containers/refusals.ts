import type { ContainerQuotaExceeded } from "@gateway/engine";
import { ApiError, badRequest, notFound } from "@gateway/protocol";

/** Of a container that there is not, for this tenant. */
export function noSuchContainer(id: string, param?: string): ApiError {
  return notFound(`Container with id '${id}' not found.`, { ...(param !== undefined && { param }) });
}

export function noSuchContainerFile(id: string): ApiError {
  return notFound(`Container file with id '${id}' not found.`);
}

/** Of a container that cannot be used any more. */
export function containerExpired(id: string, param?: string): ApiError {
  return badRequest(
    `Container '${id}' has expired. Its files can still be read; make a new container to go on.`,
    {
      code: "container_expired",
      ...(param !== undefined && { param }),
    },
  );
}

export function containerQuotaExceeded(outcome: ContainerQuotaExceeded): ApiError {
  const message = {
    containers_quota: "There are as many containers as there may be. Delete some, or wait until some expire.",
    files_quota: "The container has as many files as it may. Delete some of them.",
    bytes_quota: "The container's files would be larger than they may be. Delete some of them.",
  }[outcome];
  return new ApiError(message, { status: 413, type: "invalid_request_error", code: outcome });
}
