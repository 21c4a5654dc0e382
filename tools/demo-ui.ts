/**
 * `npm run demo:ui`: a throwaway node with two networks, twelve containers, a fault and a leak, and `hawser ui`
 * to look at it. With `--screenshot DIR` a browser looks, and leaves pictures there. The machine's own network
 * is never touched; Ctrl-C ends all of it.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { built } from "./demo/built.ts";
import { enterThrowawayHost, isInside } from "./demo/enter.ts";
import { relayed } from "./demo-ui/relay.ts";

const USAGE = `usage: npm run demo:ui -- [--screenshot DIR]`;

const program = fileURLToPath(import.meta.url);
const { values } = parseArgs({
  options: {
    screenshot: { type: "string" },
    /** For the process inside: where to listen, and where that is reached from outside. */
    socket: { type: "string" },
    port: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});

if (values.help === true) {
  console.log(USAGE);
} else if (isInside(process.env)) {
  const { play } = await import("./demo-ui/play.ts");
  process.exit(await play(values, process.env));
} else {
  process.exit(await outside());
}

async function outside(): Promise<number> {
  const problem = await built();
  if (problem !== undefined) {
    process.stderr.write(`${problem}\n`);
    return 1;
  }
  const { screenshot } = values;
  if (screenshot !== undefined) {
    return await enterThrowawayHost(program, ["--screenshot", screenshot], process.env);
  }
  // A browser of this machine does not reach the node's loopback: what it asks is passed on.
  using relay = await relayed();
  const words = ["--socket", relay.socket, "--port", String(relay.port)];
  return await enterThrowawayHost(program, words, process.env);
}
