import { join, normalize } from "node:path";

/** Serves a built site on loopback, with the policy that a server of it should send. */

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'";

export function serveSite(folder: string, port = 0): Bun.Server<undefined> {
  return Bun.serve({
    hostname: "127.0.0.1",
    port,
    fetch: async (request): Promise<Response> => {
      const { pathname } = new URL(request.url);
      // The path of a URL has no way up any more; an encoded one is normalized here.
      const path = normalize(decodeURIComponent(pathname)).replace(/\/$/, "/index.html");
      const file = Bun.file(join(folder, path));
      const headers = { "content-security-policy": POLICY };
      if (!path.startsWith("/") || !(await file.exists())) {
        return new Response("not found", { status: 404, headers });
      }
      return new Response(file, { headers });
    },
  });
}
