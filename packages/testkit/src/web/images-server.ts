import { sendJson, startWebServer, type WebServer } from "./web-server.ts";
import { onePixel } from "./web-site.ts";

/** A model server's images endpoint on loopback, as OpenAI documents it. */
export interface ImagesServer extends WebServer {
  /** Ends in `/v1`. */
  readonly url: string;
  /** The bodies of the requests for pictures. */
  readonly orders: Record<string, unknown>[];
  /** An error in place of pictures, while it is set. */
  refuses: { status: number; code: string; message: string } | undefined;
  /** False: it knows no streams and sends the whole at once. */
  streams: boolean;
  /** Pictures wait for this. */
  gate: Promise<void>;
}

/** What the whole picture is, in base64. */
export const wholePicture = onePixel.toString("base64");

/** An unfinished picture, in base64; counted from 0. */
export function unfinishedPicture(index: number): string {
  return Buffer.from(`unfinished ${index}`).toString("base64");
}

const usage = {
  total_tokens: 60,
  input_tokens: 10,
  output_tokens: 50,
  input_tokens_details: { text_tokens: 10, image_tokens: 0 },
};

/** Starts an images endpoint: `POST /v1/images/generations`. Everything else is a 404. */
export async function startImagesServer(): Promise<ImagesServer> {
  const orders: Record<string, unknown>[] = [];
  const server = await startWebServer(async ({ method, url, body }, response) => {
    if (method !== "POST" || url.pathname !== "/v1/images/generations") {
      sendJson(response, { error: { message: "Not found", type: "invalid_request_error" } }, 404);
      return;
    }
    const order = JSON.parse(body) as Record<string, unknown>;
    orders.push(order);
    const facts = {
      background: order.background ?? "opaque",
      output_format: order.output_format ?? "png",
      quality: order.quality ?? "medium",
      size: order.size ?? "1024x1024",
    };
    if (images.refuses !== undefined) {
      await images.gate;
      const { status, code, message } = images.refuses;
      sendJson(
        response,
        { error: { message, type: "image_generation_user_error", code, param: null } },
        status,
      );
      return;
    }
    if (order.stream !== true || !images.streams) {
      await images.gate;
      sendJson(response, { created: 1, ...facts, data: [{ b64_json: wholePicture }], usage });
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    const send = (type: string, more: object) =>
      response.write(
        `event: ${type}\ndata: ${JSON.stringify({ type, created_at: 1, ...facts, ...more })}\n\n`,
      );
    for (let index = 0; index < Number(order.partial_images); index++)
      send("image_generation.partial_image", {
        b64_json: unfinishedPicture(index),
        partial_image_index: index,
      });
    await images.gate;
    send("image_generation.completed", { b64_json: wholePicture, usage });
    response.end();
  });
  const images: ImagesServer = Object.assign(server, {
    url: `${server.origin}/v1`,
    orders,
    refuses: undefined,
    streams: true,
    gate: Promise.resolve(),
  });
  return images;
}
