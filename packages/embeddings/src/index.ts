export {
  type EmbeddedEmbedder,
  type EmbeddedEmbedderOptions,
  openEmbeddedEmbedder,
} from "./embedded-embedder.ts";
export { openServerEmbedder, type ServerEmbedderOptions } from "./server-embedder.ts";
