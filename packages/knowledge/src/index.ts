export type { Files, Knowledge, KnowledgeStores, NewFile, Uploads } from "./knowledge.ts";
