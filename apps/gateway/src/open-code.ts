import { sniffImage } from "@gateway/knowledge";
import { type Containers, openContainers, openPythonSandbox } from "@gateway/sandbox";
import type { Store } from "@gateway/store";
import type { Config } from "./config/config.ts";
import type { OpenedKnowledge } from "./open-knowledge.ts";
import type { Logger } from "./telemetry/logger.ts";

/** Opens containers and the sandbox that runs their code, where that is configured. No process is started yet. */
export function openConfiguredCode(
  { tools: { code_interpreter: code } }: Config,
  store: Store,
  { knowledge }: Pick<OpenedKnowledge, "knowledge">,
  log: Logger,
): (Containers & { warmUp(): void }) | undefined {
  if (!code.enabled) return undefined;
  const onFault = (message: string, cause?: unknown) => log.warn({ err: cause }, message);
  const sandbox = openPythonSandbox({
    timeoutMs: code.timeout,
    memoryBytes: code.memory,
    maxLogChars: code.max_output,
    maxFiles: code.max_files,
    maxFileBytes: code.max_file_bytes,
    maxContainers: code.max_containers,
    prewarm: code.prewarm,
    idleMs: code.idle_timeout,
    waitMs: code.wait,
    onFault,
  });
  const containers = openContainers({
    store: store.containers,
    content: knowledge.content,
    files: knowledge.files,
    sandbox,
    imageType: sniffImage,
    seconds: code.timeout / 1000,
    settings: {
      quota: { containers: code.quota_containers, files: code.max_files, bytes: code.max_bytes },
      maxFileBytes: code.max_file_bytes,
      expiresAfter: code.expires_after,
      keepMs: code.keep,
    },
    now: Date.now,
    onFault,
  });
  return {
    ...containers,
    warmUp() {
      sandbox.warmUp().catch((cause: unknown) => onFault("the code interpreter could not be started", cause));
    },
  };
}
