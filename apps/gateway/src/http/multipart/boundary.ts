import { badRequest } from "@gateway/protocol";
import { parseHeaderWithParams } from "./header-params.ts";

/** Finds the boundary of a form (RFC 7578; RFC 2046, section 5.1.1). Throws 400 for any other content type. */
export function boundaryOf(contentType: string | undefined): string {
  const { value, params } = parseHeaderWithParams(contentType ?? "") ?? {};
  if (value !== "multipart/form-data") {
    throw badRequest(
      `Unsupported content type '${(value ?? "").slice(0, 80)}'. Send the file as multipart/form-data.`,
      { code: "unsupported_content_type" },
    );
  }
  const boundary = params?.get("boundary") ?? "";
  if (boundary !== "" && boundary.length <= 70) return boundary;
  throw badRequest(
    "The content type has no valid boundary. Let the HTTP client write the Content-Type header of the form.",
    { code: "invalid_multipart" },
  );
}
