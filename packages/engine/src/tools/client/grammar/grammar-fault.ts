/** A grammar cannot be read. The message says where and why, for the caller who wrote it. */
export class GrammarFault extends Error {
  override readonly name = "GrammarFault";
}
