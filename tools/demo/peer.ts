/**
 * A program inside a container: enters the namespace for good, before anything else, and then
 * serves HTTP (`serve NETNS NAME PORT`) or asks for a page (`ask NETNS URL`).
 */
import { Netns } from "../../src/kernel/netns/index.ts";
import { CLONE_NEWNET, setns } from "../../src/kernel/sys/index.ts";

const PATIENCE_MS = 5000;
const [, , role = "", path = "", ...words] = process.argv;
{
  using netns = Netns.open(path);
  setns(netns.fd, CLONE_NEWNET);
}

if (role === "serve") {
  const [name = "", port = ""] = words;
  Bun.serve({
    hostname: "::",
    port: Number(port),
    fetch: (request, server) => {
      const from = server.requestIP(request)?.address.replace(/^::ffff:/, "");
      return Response.json({ name, from });
    },
  });
  console.log("ready");
} else {
  const [url = ""] = words;
  const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
  console.log(await answer.text());
}
