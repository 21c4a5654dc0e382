/**
 * `npm run demo:cluster`: a fleet on one machine. Three members of etcd and five nodes, each in namespaces of its
 * own; nodes are cut off and killed, and so is a member of etcd. The machine's own network is never touched.
 */
import { fileURLToPath } from "node:url";
import { enterThrowawayHost, isInside } from "./demo/enter.ts";
import { obstacle } from "./demo-cluster/needs.ts";

if (isInside(process.env)) {
  const { play } = await import("./demo-cluster/play.ts");
  process.exit(await play(process.env));
}
const missing = await obstacle();
if (missing !== undefined) {
  process.stderr.write(`${missing}\n`);
  process.exit(1);
}
process.exit(await enterThrowawayHost(fileURLToPath(import.meta.url), [], process.env));
