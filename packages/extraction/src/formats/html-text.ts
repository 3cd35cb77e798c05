import { readHtml } from "./markup.ts";
import type { TextWriter } from "./text-writer.ts";

const names = (list: string) => new Set(list.split(" "));

/** What is no text for a reader. */
const skipped = names("script style template noscript svg iframe object select datalist");
/** What stands apart by an empty line. */
const apart = names("p h1 h2 h3 h4 h5 h6 ul ol dl table blockquote pre section article figure hr title");
/** What begins on a line of its own. */
const lines = names(
  "div li dt dd caption header footer main nav aside address body form fieldset legend figcaption details summary br",
);

/** Writes the text of an HTML document: its title, blocks as lines, table cells parted by tabs, `pre` as it is. */
export function writeHtmlText(html: string, out: TextWriter): void {
  let skipping = 0;
  let verbatim = 0;
  const part = (name: string) => {
    if (apart.has(name)) out.breakLine(2);
    else if (lines.has(name)) out.breakLine();
    else if (name === "tr") out.row();
  };
  readHtml(html, {
    open(name) {
      if (skipped.has(name)) skipping++;
      if (skipping > 0) return;
      part(name);
      if (name === "pre") verbatim++;
      if (name === "td" || name === "th") out.cell();
    },
    text(text) {
      if (skipping > 0) return;
      if (verbatim > 0) out.write(text);
      else out.writeWords(text);
    },
    close(name) {
      if (skipped.has(name)) skipping--;
      if (skipping > 0) return;
      if (name === "pre") verbatim--;
      part(name);
    },
  });
}
