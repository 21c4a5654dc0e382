import type { Conflist, PluginObject } from "./chain.ts";
import type { Backend } from "./plugin-sets.ts";

export interface DbnetOptions {
  /** Backend that the configuration names for masquerading and port mappings; none when absent. */
  readonly backend?: Backend | undefined;
  /** With IPv6 besides IPv4. */
  readonly dualStack?: boolean;
}

/** The dbnet network with a gateway on the bridge and masquerading, as tests and benchmarks run it. */
export function dbnet(options: DbnetOptions = {}): Conflist {
  const { backend, dualStack = false } = options;
  const four = [{ subnet: "10.1.0.0/16", gateway: "10.1.0.1" }];
  const six = [{ subnet: "fd00:10:1::/64", gateway: "fd00:10:1::1" }];
  const bridge: PluginObject = {
    type: "bridge",
    bridge: "cni0",
    keyA: ["some more", "plugin specific", "configuration"],
    isGateway: true,
    ipMasq: true,
    ...(backend === undefined ? {} : { ipMasqBackend: backend }),
    ipam: {
      type: "host-local",
      ranges: dualStack ? [four, six] : [four],
      routes: [{ dst: "0.0.0.0/0" }, ...(dualStack ? [{ dst: "::/0" }] : [])],
    },
    dns: { nameservers: ["10.1.0.1"] },
  };
  const tuning: PluginObject = {
    type: "tuning",
    capabilities: { mac: true },
    sysctl: { "net.core.somaxconn": "500" },
  };
  const portmap: PluginObject = {
    type: "portmap",
    capabilities: { portMappings: true },
    ...(backend === undefined ? {} : { backend }),
  };
  return { cniVersion: "1.0.0", name: "dbnet", plugins: [bridge, tuning, portmap] };
}

/** Capability arguments that map one TCP port of the host to a container's port. */
export function mapTcp(hostPort: number, containerPort: number): PluginObject {
  return { portMappings: [{ hostPort, containerPort, protocol: "tcp" }] };
}

/** The first address of a family in a result, without its prefix length. */
export function addressOf(
  result: { readonly ips?: readonly { address: string }[] } | undefined,
  family: 4 | 6,
): string {
  const wanted = (result?.ips ?? []).find((ip) => ip.address.includes(":") === (family === 6));
  if (wanted === undefined) {
    throw new Error(`the result has no IPv${family} address: ${JSON.stringify(result)}`);
  }
  return wanted.address.replace(/\/.*$/, "");
}
