import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Conflist } from "../support/chain.ts";
import type { FleetNode } from "../support/fleet-lab.ts";

/** What stands on a node with flannel, whose daemon and plugin can be had nowhere here: the same by hand. */

const NETWORK = "10.244.0.0/16";
const MTU = 1450;

/** The file that flannel's own manifest installs. */
export const FLANNEL_LIST: Conflist = {
  cniVersion: "0.3.1",
  name: "cbr0",
  plugins: [
    { type: "flannel", delegate: { hairpinMode: true, isDefaultGateway: true } },
    { type: "portmap", capabilities: { portMappings: true } },
  ],
};

/** flannel's plugin delegates to bridge and host-local with what subnet.env says, and notes it for DEL. */
const FLANNEL_PLUGIN = `#!/bin/bash
set -e
asked=$(cat)
kept=/var/lib/cni/flannel/$CNI_CONTAINERID
case $CNI_COMMAND in
ADD)
  . /run/flannel/subnet.env
  mkdir -p /var/lib/cni/flannel
  jq -c --arg subnet "$FLANNEL_SUBNET" --arg network "$FLANNEL_NETWORK" --argjson mtu "$FLANNEL_MTU" '{
    name, cniVersion, type: "bridge", isGateway: true, ipMasq: false, mtu: $mtu,
    ipam: {type: "host-local", routes: [{dst: $network}], ranges: [[{subnet: $subnet}]]}
  } + .delegate' <<<"$asked" >"$kept"
  ;;
DEL) [ -e "$kept" ] || exit 0 ;;
CHECK) exit 0 ;;
VERSION) exec echo '{"cniVersion":"1.0.0","supportedVersions":["0.3.0","0.3.1","0.4.0","1.0.0"]}' ;;
esac
"\${CNI_PATH%%:*}/bridge" <"$kept"
[ "$CNI_COMMAND" = ADD ] || rm "$kept"
`;

const subnetOf = (number: number): string => `10.244.${number}`;

/** The rules of flanneld, of which the last two masquerade what enters or leaves its network. */
function rulesOf(number: number): readonly string[] {
  const own = `${subnetOf(number)}.0/24`;
  return [
    "-t nat -N FLANNEL-POSTRTG",
    "-t nat -A POSTROUTING -j FLANNEL-POSTRTG",
    `-t nat -A FLANNEL-POSTRTG -s ${own} -d ${NETWORK} -j RETURN`,
    `-t nat -A FLANNEL-POSTRTG -s ${NETWORK} -d ${own} -j RETURN`,
    `-t nat -A FLANNEL-POSTRTG ! -s ${NETWORK} -d ${own} -j RETURN`,
    `-t nat -A FLANNEL-POSTRTG -s ${NETWORK} ! -d 224.0.0.0/4 -j MASQUERADE --random-fully`,
    `-t nat -A FLANNEL-POSTRTG ! -s ${NETWORK} -d ${NETWORK} -j MASQUERADE --random-fully`,
    "-N FLANNEL-FWD",
    "-A FORWARD -j FLANNEL-FWD",
    `-A FLANNEL-FWD -s ${NETWORK} -j ACCEPT`,
    `-A FLANNEL-FWD -d ${NETWORK} -j ACCEPT`,
  ];
}

/** Makes the nodes what flannel with VXLAN makes of them. */
export async function flannelNodes(nodes: readonly FleetNode[], bin: string): Promise<void> {
  const macs = new Map<FleetNode, string>();
  for (const [at, node] of nodes.entries()) {
    const address = `${subnetOf(at + 1)}.0`;
    const plain = "nolearning dstport 8472";
    const own = `id 1 local ${node.address4} dev eth0 ${plain}`;
    await node.must(`ip link add flannel.1 mtu ${MTU} type vxlan ${own}`.split(" "));
    await node.must(`ip address add ${address}/32 dev flannel.1`.split(" "));
    await node.must("ip link set flannel.1 up".split(" "));
    const [{ address: mac }] = JSON.parse(
      await node.must("ip -j link show flannel.1".split(" ")),
    ) as [{ address: string }];
    macs.set(node, mac);
    write(node, "/run/flannel/subnet.env", [
      `FLANNEL_NETWORK=${NETWORK}`,
      `FLANNEL_SUBNET=${subnetOf(at + 1)}.0/24`,
      `FLANNEL_MTU=${MTU}`,
      "FLANNEL_IPMASQ=true",
    ]);
    write(node, `${bin}/flannel`, [FLANNEL_PLUGIN]);
    chmodSync(node.path(`${bin}/flannel`), 0o755);
    for (const rule of rulesOf(at + 1)) await node.must(["iptables", "-w", ...rule.split(" ")]);
  }
  for (const node of nodes) {
    for (const [at, other] of nodes.entries()) {
      if (other === node) continue;
      const mac = macs.get(other) ?? "";
      const gateway = `${subnetOf(at + 1)}.0`;
      for (const command of [
        `ip neigh add ${gateway} lladdr ${mac} dev flannel.1 nud permanent`,
        `bridge fdb append ${mac} dev flannel.1 dst ${other.address4}`,
        `ip route add ${gateway}/24 via ${gateway} dev flannel.1 onlink`,
      ]) {
        await node.must(command.split(" "));
      }
    }
  }
}

function write(node: FleetNode, path: string, lines: readonly string[]): void {
  mkdirSync(dirname(node.path(path)), { recursive: true });
  writeFileSync(node.path(path), `${lines.join("\n")}\n`);
}
