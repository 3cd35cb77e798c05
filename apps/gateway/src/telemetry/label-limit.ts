/**
 * Keeps the values of a label few: the first `limit` distinct values stand for themselves, later and
 * overlong ones become "other". Clients choose model names, and each new one would be a series for ever.
 */
export function limitLabel(limit: number): (value: string) => string {
  const seen = new Set<string>();
  return (value) => {
    if (seen.has(value)) return value;
    if (seen.size >= limit || value.length > 128) return "other";
    seen.add(value);
    return value;
  };
}
