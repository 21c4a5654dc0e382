import { must } from "../support/exec.ts";

/** What a Nomad client makes on its node for jobs in bridge mode. */

const SUBNET = "172.26.64.0/20";
const SUBNET6 = "fd00:a110:c8::/112";

export interface BridgeMode {
  /** Where the client is configured for IPv6 as well. */
  readonly dualStack?: boolean;
  /** Up to 1.9.3 that of host-local, which is on the disk. */
  readonly dataDir?: string;
}

/** The list that Nomad makes. */
export function bridgeModeList(mode: BridgeMode = {}): unknown {
  const { dualStack = false, dataDir = "/var/run/cni" } = mode;
  const ranges = [[{ subnet: SUBNET }], ...(dualStack ? [[{ subnet: SUBNET6 }]] : [])];
  const routes = [{ dst: "0.0.0.0/0" }, ...(dualStack ? [{ dst: "::/0" }] : [])];
  const ipam = { type: "host-local", ranges, routes, dataDir };
  return {
    cniVersion: "0.4.0",
    name: "nomad",
    plugins: [
      { type: "loopback" },
      {
        ...{ type: "bridge", bridge: "nomad", ipMasq: true, isGateway: true },
        ...{ forceAddress: true, hairpinMode: false, ipam },
      },
      { type: "firewall", backend: "iptables", iptablesAdminChainName: "NOMAD-ADMIN" },
      { type: "portmap", capabilities: { portMappings: true }, snat: true },
    ],
  };
}

/** Nomad's own chain, on a host that forwards nothing by itself, as Docker leaves it. */
export async function layAdminChains(): Promise<void> {
  for (const program of ["iptables", "ip6tables"]) {
    await must([program, "-P", "FORWARD", "DROP"]);
    await must([program, "-N", "NOMAD-ADMIN"]);
    const subnet = program === "iptables" ? SUBNET : SUBNET6;
    await must([program, "-A", "NOMAD-ADMIN", "-o", "nomad", "-d", subnet, "-j", "ACCEPT"]);
  }
}
