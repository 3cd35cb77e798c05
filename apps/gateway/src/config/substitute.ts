/** The environment, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Replaces `${NAME}` and `${NAME:-default}` in a text of the configuration by values of the environment. The
 * default also stands in for an empty variable, as in a shell; `$${` is a literal `${`. What was replaced is
 * not looked at again. `fail` is told each variable that is neither set nor has a default, and each `${` that
 * is not of these forms; the text then keeps it.
 */
export function substitute(text: string, env: Environment, fail: (message: string) => void): string {
  return text.replace(
    /\$\$\{|\$\{(?:([A-Za-z_]\w*)(?:(:-)([^}]*))?\})?/g,
    (match, name, hasDefault, fallback) => {
      if (match === "$${") return "${";
      if (name === undefined) {
        fail(`"\${" starts a variable: write \${NAME}, \${NAME:-default}, or $\${ for the signs themselves`);
        return match;
      }
      const value = env[name];
      if (hasDefault) return value || fallback;
      if (value === undefined)
        fail(`the environment variable ${name} is not set; set it or write \${${name}:-default}`);
      return value ?? match;
    },
  );
}
