// The program as TypeScript, whose types Node strips while it loads. Two things make that start twice as fast; the
// bundle, which is what is shipped, needs neither.
import { enableCompileCache, registerHooks } from "node:module";
import { join } from "node:path";

// Stripped and compiled code is kept between starts. Where nothing can be written, nothing is kept.
enableCompileCache(join(import.meta.dirname, "..", "node_modules", ".cache", "compile"));

// Node reads a package's package.json again for each of its files, and for each import of it. drizzle-orm has 111 files
// and 180 KB of package.json, which is half a second; what its files import of each other needs no look into it, and
// the store's files, which are the only others that import it, need one look for each name and not one each: that
// alone left 15 MB of garbage.
const drizzle = new Map();
registerHooks({
  resolve(specifier, context, nextResolve) {
    const { parentURL = "" } = context;
    if (/^drizzle-orm($|\/)/.test(specifier)) {
      const found = drizzle.get(specifier) ?? { ...nextResolve(specifier, context), shortCircuit: true };
      drizzle.set(specifier, found);
      return found;
    }
    if (!specifier.startsWith(".") || !parentURL.includes("/node_modules/drizzle-orm/")) {
      return nextResolve(specifier, context);
    }
    return { url: new URL(specifier, parentURL).href, format: "module", shortCircuit: true };
  },
});

export const { main } = await import("../src/cli/main.ts");
