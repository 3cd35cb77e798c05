// Writes documents without an end and says which are sealed and which are removed again, until it is killed.
//   node crash-writer.ts FILE FIRST-DOCUMENT
import { openSearchIndex } from "../index.ts";

const [file = "", first = "1"] = process.argv.slice(2);
const index = openSearchIndex({ path: file });
const vector = Float32Array.of(1, 0);
for (let document = Number(first); ; document++) {
  await index.begin({ document, store: 1, attributes: {}, model: "m" });
  const texts = [`document${document} has part0. `, "part1. ", "part2. "];
  let start = 0;
  for (const text of texts) {
    await index.append(document, [{ text, start, vector }]);
    start += text.length;
  }
  await index.seal(document);
  process.stdout.write(`sealed ${document}\n`);
  if (document % 5 === 0) {
    await index.remove([document - 2]);
    process.stdout.write(`removed ${document - 2}\n`);
  }
}
