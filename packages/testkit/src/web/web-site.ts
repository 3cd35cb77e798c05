import { startWebServer, type WebServer } from "./web-server.ts";

/** What is at a path of a site. */
export interface SitePage {
  status?: number;
  type?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
}

/** A web site on loopback. */
export interface WebSite extends WebServer {
  /** By path, with a slash in front; others are not found. A page may wait. */
  pages: Record<string, SitePage | Promise<SitePage>>;
}

/** Starts a site with these pages. `host` is an address of this machine. */
export async function startWebSite(pages: WebSite["pages"] = {}, host?: string): Promise<WebSite> {
  const server = await startWebServer(async ({ url }, response) => {
    const {
      status = 200,
      type = "text/html; charset=utf-8",
      headers = {},
      body = "",
    } = (await site.pages[url.pathname]) ?? { status: 404, body: "<h1>Not here</h1>" };
    response.writeHead(status, { "content-type": type, ...headers }).end(body);
  }, host);
  const site: WebSite = Object.assign(server, { pages });
  return site;
}

/** The smallest picture there is: one pixel, PNG. */
export const onePixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);
