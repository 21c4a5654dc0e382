/** What nerdctl writes. */

export interface NetworkOptions {
  readonly name?: string;
  readonly ranges: readonly (readonly object[])[];
  readonly defaultRoute: string;
  readonly ingressPolicy?: "same-bridge" | "isolated";
  readonly ipv6?: boolean;
}

/** A list with all that `nerdctl network create` writes, its own keys among it. */
export function networkList(options: NetworkOptions): unknown {
  const { name = "ntest", ranges, defaultRoute } = options;
  const { ingressPolicy = "same-bridge", ipv6 = false } = options;
  const nerdctlID = new Bun.CryptoHasher("sha256").update(name).digest("hex");
  return {
    cniVersion: "1.0.0",
    name,
    nerdctlID,
    nerdctlLabels: { "nerdctl/aux-addresses": "{}" },
    plugins: [
      {
        ...{
          type: "bridge",
          bridge: `br-${nerdctlID.slice(0, 12)}`,
          isGateway: true,
          ipMasq: true,
        },
        ...{ hairpinMode: true, capabilities: ipv6 ? { ips: true } : {} },
        ipam: { type: "host-local", routes: [{ dst: defaultRoute }], ranges },
      },
      { type: "portmap", capabilities: { portMappings: true } },
      { type: "firewall", ingressPolicy },
      { type: "tuning" },
    ],
  };
}
