import type { JsonObject } from "@bufbuild/protobuf";
import type { ProcessingResponse } from "./gen/envoy/service/ext_proc/v3/external_processor_pb.ts";

/** Adds dynamic metadata, by namespace, to a message that is not shared. Gives the same message back. */
export function withMetadata(
  message: ProcessingResponse,
  metadata: JsonObject | undefined,
): ProcessingResponse {
  if (metadata !== undefined) message.dynamicMetadata = metadata;
  return message;
}
