export type { Files, Knowledge, KnowledgeStores, NewFile, Uploads } from "./knowledge.ts";
export { type KnowledgeDeps, openKnowledge } from "./open-knowledge.ts";
export { sniffImage } from "./request-files/sniff-image.ts";
export { defaultSettings, type KnowledgeSettings } from "./settings.ts";
