/** Where a tool says what its container may reach. */
const places = ["container", "environment"] as const;

/** A tool as it was declared, without what its container would send to the sites it may reach (`domain_secrets`). */
export function withoutDomainSecrets<T extends object>(declared: T): T {
  for (const place of places) {
    const room = fieldOf(declared, place);
    const policy = fieldOf(room, "network_policy");
    if (policy === undefined || !("domain_secrets" in policy)) continue;
    const { domain_secrets: _, ...rest } = policy;
    return { ...declared, [place]: { ...room, network_policy: rest } };
  }
  return declared;
}

function fieldOf(value: object | undefined, name: string): Record<string, unknown> | undefined {
  const field: unknown = (value as Record<string, unknown> | undefined)?.[name];
  return typeof field === "object" && field !== null ? (field as Record<string, unknown>) : undefined;
}
