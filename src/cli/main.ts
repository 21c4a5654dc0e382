/** The one executable: it is a plugin when it is called by a plugin's name, else the command line. */
import { basename } from "node:path";
import { main } from "../plugin/index.ts";
import { PLUGINS } from "../plugins/registry/index.ts";

const load = PLUGINS.get(basename(process.argv0));
if (load === undefined) {
  console.error("the command line is not built yet; call a plugin by its name (dist/cni)");
  process.exitCode = 1;
} else {
  await main(await load());
}
