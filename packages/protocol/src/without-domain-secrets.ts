/** Where a tool says what its container may reach. */
const places = ["container", "environment"] as const;

/**
 * A tool without what its container, or that of a tool in its namespace, would send to the sites it may reach
 * (`domain_secrets`): no container here has a network, so that nobody needs it. The tool itself where it has none.
 */
export function withoutDomainSecrets<T extends object>(declared: T): T {
  const fields = objectOf(declared) ?? {};
  const { tools } = fields;
  const bare: Record<string, unknown> = {};
  for (const place of places) {
    const room = objectOf(fields[place]);
    const policy = objectOf(room?.network_policy);
    if (policy === undefined || !("domain_secrets" in policy)) continue;
    const { domain_secrets: _, ...rest } = policy;
    bare[place] = { ...room, network_policy: rest };
  }
  if (Array.isArray(tools)) {
    const inner = tools.map((tool: unknown) => {
      const one = objectOf(tool);
      return one === undefined ? tool : withoutDomainSecrets(one);
    });
    if (inner.some((one, index) => one !== tools[index])) bare.tools = inner;
  }
  return Object.keys(bare).length === 0 ? declared : { ...declared, ...bare };
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}
