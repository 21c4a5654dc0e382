/** Plays plugins of dist/cni in namespaces of its own, each call leaving a record in a directory. */
import { join } from "node:path";
import { type ChainResult, type Conflist, runChain } from "../../tests/support/chain.ts";
import { dbnet, mapTcp } from "../../tests/support/dbnet.ts";
import { ownEnvironment } from "../../tests/support/exec.ts";
import { Host } from "../../tests/support/host.ts";
import { ROOT } from "../test/files.ts";

type Played = "ADD" | "DEL" | "CHECK";

/** What is used most comes first: its functions come to lie in front. */
const LISTS: readonly Conflist[] = [
  dbnet(),
  { cniVersion: "1.0.0", name: "lo", plugins: [{ type: "loopback" }] },
  {
    cniVersion: "1.0.0",
    name: "ptpnet",
    plugins: [
      { type: "ptp", ipMasq: true, ipam: { type: "host-local", subnet: "10.2.0.0/24" } },
      { type: "firewall" },
    ],
  },
];

const [, , records = ""] = process.argv;
const dir = join(ROOT, "dist/cni");
const host = await Host.create();
for (const [place, list] of LISTS.entries()) {
  const { netns } = await host.container(list.name);
  const capabilityArgs = { ...mapTcp(18080, 80), mac: "c2:11:22:33:44:55" };
  const attachment = { containerId: list.name, netns, ifName: "eth0", capabilityArgs };
  const call = async (operation: Played, prevResult?: ChainResult): Promise<typeof prevResult> => {
    const record = join(records, `${place}-${operation}-%p`);
    const env = { ...ownEnvironment(), BUN_BYTECODE_ORDER_OUT: record };
    const before = prevResult === undefined ? {} : { prevResult };
    return (await runChain({ dir, list, operation, attachment, env, ...before })).result;
  };
  const result = await call("ADD");
  await call("CHECK", result);
  await call("DEL", result);
}
process.exit(0);
