export { type CatalogBackend, type CatalogOptions, type ConfiguredModel, openCatalog } from "./catalog.ts";
export { type ChatBackend, type ChatBackendOptions, openChatBackend } from "./chat-completions/backend.ts";
export { type ChatDialect, commonDialect, dialectFor, openAiDialect } from "./chat-completions/dialect.ts";
export { type DemoOptions, demoModel, openDemoBackend } from "./demo.ts";
export { defaultRetry, type RetryOn, type RetryPolicy } from "./upstream/retry.ts";
export { defaultTimeouts, type Timeouts } from "./upstream/timeouts.ts";
