import { ApiError, badRequest } from "@gateway/protocol";
import type { AppDeps } from "../context.ts";
import type { Handler } from "../route-table.ts";

/** The version of the protocol that RFC 6455 describes. */
const version = "13";

/**
 * `GET /v1/responses`: becomes a WebSocket (RFC 6455, section 4.2; API reference, "WebSocket mode"). 426 where the
 * request does not ask for that, so that clients fall back to server-sent events.
 */
export function open({ sockets }: AppDeps): Handler {
  return (c) => {
    // There is none where the request came through a door that cannot upgrade.
    const handshake = c.env?.handshake;
    if (handshake === undefined) {
      c.header("upgrade", "websocket");
      throw upgradeRequired("This URL is for WebSockets. Send 'Upgrade: websocket', or use POST.");
    }
    const { "sec-websocket-version": asked, "sec-websocket-key": key = "" } = handshake.headers;
    if (asked !== version) {
      c.header("upgrade", "websocket");
      c.header("sec-websocket-version", version);
      throw upgradeRequired(`Only version ${version} of the WebSocket protocol is spoken here.`);
    }
    if (!/^[+/0-9A-Za-z]{22}==$/.test(key)) {
      throw badRequest("The header Sec-WebSocket-Key is missing or is not 16 bytes in base64.");
    }
    const tenant = c.get("tenant");
    sockets.check(tenant);
    const log = c.get("log").child({ connection: c.get("requestId") });
    handshake.accept({ "x-request-id": c.get("requestId") }, (opened) => {
      sockets.open(opened, { tenant, log });
    });
    c.set("upgraded", true);
    return c.body(null);
  };
}

function upgradeRequired(message: string): ApiError {
  return new ApiError(message, {
    status: 426,
    type: "invalid_request_error",
    code: "upgrade_required",
  });
}
