#!/usr/bin/env node
// Plain JavaScript with no import before the check: an older Node cannot read the program, and would crash in
// the database's native module without a word.
const required = 24;
const { node } = process.versions;
if (Number.parseInt(node, 10) < required) {
  console.error(
    `gateway needs Node ${required} or newer; this is Node ${node} (${process.execPath}). In a checkout, npx node is one after npm run setup; else see https://nodejs.org/download`,
  );
  process.exit(1);
}
const { main } = await import("./from-source.js");
process.exitCode = await main(process.argv.slice(2));
