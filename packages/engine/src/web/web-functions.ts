import type { FunctionTool } from "@gateway/protocol";

/** The function to search with. */
export function searchFunction(name: string): FunctionTool {
  return toFunction(
    name,
    "Searches the web and returns what was found: titles, addresses and short passages. Use it for what is recent, what you do not know for certain, and what is to be backed by sources.",
    {
      queries: {
        type: "array",
        items: { type: "string" },
        minItems: 1,
        maxItems: 4,
        description:
          "What to look for, as one would type it into a search engine; several wordings find more.",
      },
    },
  );
}

const urlProperty = {
  type: "string",
  description: "The page's address, as a search or the user has given it.",
};

/** The function to open pages with. */
export function openFunction(name: string): FunctionTool {
  return toFunction(name, "Opens a web page and returns its text.", { url: urlProperty });
}

/** The function to find something in a page with. */
export function findFunction(name: string): FunctionTool {
  return toFunction(name, "Returns the passages of a web page in which a text stands.", {
    url: urlProperty,
    pattern: { type: "string", description: "The words to find, as they stand in the page." },
  });
}

function toFunction(name: string, description: string, properties: Record<string, object>): FunctionTool {
  const required = Object.keys(properties);
  return {
    type: "function",
    name,
    description,
    parameters: { type: "object", properties, required, additionalProperties: false },
    strict: false,
  };
}
