import type { ContainerQuota } from "@gateway/engine";

/** Settings of {@link openContainers}; what is left out has a default. */
export interface ContainerSettings {
  quota: ContainerQuota;
  /** Bytes of one file that is put into a container. */
  maxFileBytes: number;
  /** Minutes without use after which a container expires that does not say otherwise. */
  expiresAfter: number;
  /** Milliseconds without use after which a container is removed with its files. */
  keepMs: number;
  /** Milliseconds between looks for those. */
  sweepMs: number;
  /** Bytes of a picture that is told within its call; of a larger one its address is. */
  maxInlineImageBytes: number;
}

const mebibyte = 2 ** 20;
const day = 86_400_000;

export const defaultContainerSettings: ContainerSettings = {
  quota: { containers: 1000, files: 200, bytes: 256 * mebibyte },
  maxFileBytes: 32 * mebibyte,
  expiresAfter: 20,
  keepMs: 30 * day,
  sweepMs: day / 24,
  maxInlineImageBytes: mebibyte,
};
