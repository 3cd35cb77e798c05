export { openTextExtractor, type TextExtractorOptions } from "./open-text-extractor.ts";
