export type { Files, Knowledge, KnowledgeStores, NewFile, Uploads } from "./knowledge.ts";
export { type KnowledgeDeps, openKnowledge } from "./open-knowledge.ts";
export { defaultSettings, type KnowledgeSettings } from "./settings.ts";
