import type { SearchIndex } from "@gateway/engine";

/**
 * An index that is not woken for the news that there is nothing in it: its threads take tens of megabytes, and a
 * gateway that nobody gives files to need not have them. Until the first write, what only looks for documents is
 * answered here.
 *
 * @param isEmpty whether it can be known without the index that it holds nothing, as it has no file yet
 */
export function sleepUntilWritten(index: SearchIndex, isEmpty: boolean): SearchIndex {
  let asleep = isEmpty;
  return {
    begin(document) {
      asleep = false;
      return index.begin(document);
    },
    append: (document, chunks) => index.append(document, chunks),
    seal: (document) => index.seal(document),
    remove: async (documents) => (asleep ? undefined : index.remove(documents)),
    removeStore: async (store) => (asleep ? undefined : index.removeStore(store)),
    setAttributes: async (document, attributes) =>
      asleep ? undefined : index.setAttributes(document, attributes),
    search: async (query, signal) => (asleep ? [] : index.search(query, signal)),
    text: async (document) => (asleep ? undefined : index.text(document)),
    documents: async (after, limit) => (asleep ? [] : index.documents(after, limit)),
    documentsOfOtherModels: async (model, after, limit) =>
      asleep ? [] : index.documentsOfOtherModels(model, after, limit),
    chunkTexts: async (document, ordinal, limit) =>
      asleep ? [] : index.chunkTexts(document, ordinal, limit),
    replaceVectors: async (document, model, ordinal, vectors) =>
      !asleep && index.replaceVectors(document, model, ordinal, vectors),
    close: () => index.close(),
  };
}
