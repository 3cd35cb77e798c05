/** How much longer than usual a soak is to run; SOAK_SCALE, or 1. */
export const scale = Number(process.env.SOAK_SCALE ?? 1);
