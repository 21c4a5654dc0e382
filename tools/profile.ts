/**
 * `npm run profile`: records which functions the plugins use, into tools/build/bytecode.order, from
 * which the build lays out the executable's bytecode. See docs/performance.md.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ORDER } from "./build/build.ts";
import { ORDER_HEAD, readOrders } from "./profile/order.ts";

const PLAY = new URL("./profile/play.ts", import.meta.url).pathname;

const records = mkdtempSync(join(tmpdir(), "hawser-profile-"));
try {
  // Who is not root gets a user namespace in which it is.
  const user = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  const argv = ["unshare", ...user, "--net", "--mount", process.execPath, PLAY, records];
  const play = Bun.spawnSync(argv, { stdio: ["ignore", "inherit", "inherit"] });
  if (!play.success) process.exit(1);
  const functions = readOrders(records);
  writeFileSync(ORDER, `${[ORDER_HEAD, ...functions].join("\n")}\n`);
  console.log(`${functions.length} functions are in ${ORDER}`);
} finally {
  rmSync(records, { recursive: true });
}
