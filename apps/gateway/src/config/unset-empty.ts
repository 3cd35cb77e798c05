import { isSection, type Section } from "./settings.ts";

/**
 * Removes what is empty (null, or a text without a letter in it) from sections, at any depth: a key with
 * nothing behind it is the same as no key, which lets `${NAME:-}` switch a setting off.
 */
export function unsetEmpty(section: Section): void {
  for (const [key, value] of Object.entries(section)) {
    if (value === null || value === "") delete section[key];
    else if (isSection(value)) unsetEmpty(value);
    else if (Array.isArray(value)) for (const item of value) if (isSection(item)) unsetEmpty(item);
  }
}
