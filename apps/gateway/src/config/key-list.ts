import * as z from "zod";

/** Up to `most` secret keys. Entries with nothing in them are left out, so that `${NAME:-}` may stand for none. */
export function keyList(most: number) {
  const error = "expected a list of keys";
  const entry = z.string({ error: "expected a key" }).nullable();
  return z.codec(z.array(entry, { error }).max(most, `expected ${most} keys or fewer`), z.array(z.string()), {
    decode: (entries) => entries.filter((key): key is string => key !== null && key !== ""),
    encode: (keys) => keys,
  });
}
