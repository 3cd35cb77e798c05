import type { Attributes, AttributeValue, SearchFilter } from "@gateway/protocol";

/**
 * Whether attributes meet a filter (see {@link SearchFilter}). Values are equal only where their types are too, so
 * `true`, `1` and `"1"` are three; numbers and strings have an order among themselves, strings by UTF-16 units.
 */
export function matchesFilter(attributes: Attributes, filter: SearchFilter): boolean {
  if ("filters" in filter) {
    return filter.type === "and"
      ? filter.filters.every((part) => matchesFilter(attributes, part))
      : filter.filters.some((part) => matchesFilter(attributes, part));
  }
  // A key such as "constructor" is on every object.
  const value = Object.hasOwn(attributes, filter.key) ? attributes[filter.key] : undefined;
  switch (filter.type) {
    case "eq":
      return value === filter.value;
    case "ne":
      return value !== filter.value;
    case "in":
      return value !== undefined && filter.value.includes(value);
    case "nin":
      return value === undefined || !filter.value.includes(value);
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return compares(value, filter.type, filter.value);
  }
}

function compares(
  value: AttributeValue | undefined,
  type: "gt" | "gte" | "lt" | "lte",
  bound: number | string,
): boolean {
  if (value === undefined || typeof value !== typeof bound) return false;
  switch (type) {
    case "gt":
      return value > bound;
    case "gte":
      return value >= bound;
    case "lt":
      return value < bound;
    case "lte":
      return value <= bound;
  }
}
