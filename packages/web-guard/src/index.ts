export { checkUrl } from "./check-url.ts";
export { GuardError, type GuardReason, guardErrorIn } from "./guard-error.ts";
export type { Resolve } from "./guarded-connect.ts";
export { openWebGuard, type WebGuard, type WebGuardOptions } from "./guarded-fetch.ts";
export { isPublicAddress } from "./public-address.ts";
export { SentKeys, withoutSent } from "./without-sent.ts";
