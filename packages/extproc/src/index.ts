export { defaultHealthServices } from "./health.ts";
export { type ExtProcListener, type ListenOptions, listenExtProc, type PortLimits } from "./listen.ts";
export type { ExtProcObserver, PhaseStatus, RequestType, StreamCloseReason } from "./observer.ts";
export type { FetchHandler, ProcessHandler } from "./process-handler.ts";
export {
  type ExchangeLimits,
  type MetadataSource,
  type ServeOptions,
  serveExchange,
} from "./serve-exchange.ts";
export type { AssumedRequest } from "./to-request.ts";
