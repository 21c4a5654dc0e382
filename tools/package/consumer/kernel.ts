/**
 * Calls the kernel through each door that does so, in network namespaces of the program's own: what came is
 * printed as JSON. To be started in a network and a mount namespace that nothing else is in.
 */
import { rmSync } from "node:fs";
import { Prefix } from "hawser/addr";
import { address, isKernelError, link, RouteSocket } from "hawser/netlink";
import { createNetns, deleteNetns, Netns } from "hawser/netns";
import { compose, Nftables, portMatch, ruleLine, verdict } from "hawser/nftables";
import { tryPlugin } from "hawser/plugin";
import { loadPlugin } from "hawser/plugins";

const path = `${process.cwd()}/blue`;
createNetns(path);
const blue = Netns.open(path);
const here = Netns.current();
const host = RouteSocket.open();
const inside = RouteSocket.open(blue);
const nftables = Nftables.open(blue);
try {
  const peer = { name: "host0", netns: here };
  const index = link.add(inside, { name: "eth0", kind: "veth", up: true, peer });
  address.add(inside, { index, prefix: Prefix.parse("10.1.0.2/24") });
  nftables.commit((batch) => {
    batch.addTable({ family: "inet", name: "web" });
    const hook = { type: "filter", hook: "input", priority: 0 } as const;
    batch.addChain({ family: "inet", table: "web", name: "input", hook });
    const expressions = compose(portMatch("tcp", "dport", 23), verdict("drop"));
    batch.addRule({ family: "inet", table: "web", chain: "input", expressions });
  });
  const plugin = await loadPlugin("static");
  const config = { cniVersion: "1.1.0", name: "web", type: "static", ipam: { type: "static" } };
  const found = {
    host: link.list(host).map(({ name }) => name),
    inside: link.list(inside).map(({ name }) => name),
    addresses: address.list(inside, { index, family: 4 }).map(({ prefix }) => prefix.toString()),
    rules: nftables.listRules("inet", "web").map(ruleLine),
    isElsewhere: !blue.same(here) && blue.run(() => Netns.current().same(blue)),
    isBack: Netns.current().same(here),
    refused: refusal(() => link.add(inside, { name: "eth0", kind: "bridge" })),
    absent: refusal(() => address.add(inside, { index: 999, prefix: Prefix.parse("10.1.0.3/24") })),
    plugin: (await tryPlugin(plugin, { operation: "ADD", config })).json,
  };
  console.log(JSON.stringify(found));
} finally {
  for (const each of [nftables, inside, host, here, blue]) each[Symbol.dispose]();
  deleteNetns(path);
  rmSync(path, { force: true });
}

/** The error number that the kernel answers a call with; 0 when it does what is asked. */
function refusal(call: () => void): number | string {
  try {
    call();
    return 0;
  } catch (error) {
    return isKernelError(error) ? error.errno : String(error);
  }
}
