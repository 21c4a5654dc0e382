import { type Ip, Mac, Prefix } from "../../addr/index.ts";
import type { Context } from "../../plugin/index.ts";
import type { Interface, IpConfig, Result, Route } from "../../spec/index.ts";
import {
  BridgeGatewayStep,
  BridgePortStep,
  BridgeStep,
  PortForwardingStep,
} from "../../steps/bridge/index.ts";
import { ForwardingStep } from "../../steps/forwarding/index.ts";
import type { Step } from "../../steps/index.ts";
import { InterfaceStep } from "../../steps/interface/index.ts";
import { IpamStep } from "../../steps/ipam/index.ts";
import { MacspoofStep } from "../../steps/macspoof/index.ts";
import type { Sides } from "../../steps/sides/index.ts";
import { ownHostLinks, VethStep } from "../../steps/veth/index.ts";
import { containerInterface, hostInterface, ipamDelegate, ownerOf } from "../common/index.ts";
import { masquerade } from "../common/masquerade/index.ts";
import type { BridgeConfig } from "./config.ts";

const DEFAULT_ROUTES = { 4: "0.0.0.0/0", 6: "::/0" } as const;
/** Place of the container's end in the result's interfaces: bridge, host's end, container's end. */
const CONTAINER = 2;

/** One attachment to a bridge: its steps, and the result that comes of them. */
export class Wiring {
  readonly #ctx: Context;
  readonly #config: BridgeConfig;
  readonly #sides: Sides;
  readonly #bridge: BridgeStep;
  readonly #veth: VethStep;
  #ipam: Result;

  /** For CHECK, `promised` is what ADD had returned. */
  constructor(ctx: Context, config: BridgeConfig, sides: Sides, promised?: Result) {
    this.#ctx = ctx;
    this.#config = config;
    this.#sides = sides;
    this.#ipam = promised ?? emptyResult(ctx.cniVersion);
    const { bridge: name, mtu, promiscMode: promiscuous, mac } = config;
    this.#bridge = new BridgeStep({ sides, name, mtu, promiscuous });
    this.#veth = new VethStep({ sides, owner: ownerOf(this.#ctx), mtu, mac });
  }

  /** Everything the configuration asks for, in the order in which ADD makes it. */
  steps(): Step[] {
    const { ipamType, disableContainerInterface, isGateway, ipMasq, macspoofchk } = this.#config;
    const { masqBackend } = this.#config;
    const hasIpam = ipamType !== "";
    const steps: (Step | false)[] = [
      this.#bridge,
      this.#veth,
      hasIpam && new IpamStep(ipamType, ipamDelegate(this.#ctx), (result) => this.#adopt(result)),
      macspoofchk && this.#macspoof(),
      this.#port(),
      !disableContainerInterface && this.#interface(),
      hasIpam && isGateway && this.#gateway(),
      hasIpam && isGateway && new ForwardingStep(this.#sides, () => this.#gatewayFamilies()),
      hasIpam && ipMasq && masquerade(this.#ctx, this.#sides, masqBackend, () => this.#ipam),
      !disableContainerInterface && new PortForwardingStep(this.#portLinks()),
    ];
    return steps.filter((step) => step !== false);
  }

  /** What ADD returns; read back from the kernel, since others may change links that they see. */
  result(): Result {
    const { container, host } = this.#veth.ends();
    const bridge = this.#bridge.link();
    return {
      ...this.#ipam,
      interfaces: [
        hostInterface(this.#ctx, bridge),
        hostInterface(this.#ctx, host),
        containerInterface(this.#ctx, container),
      ],
      dns: this.#config.dns ?? this.#ipam.dns,
    };
  }

  /** Completes what IPAM gave: which interface has the addresses, gateways, default routes. */
  #adopt(ipam: Result): void {
    const { isGateway, isDefaultGateway } = this.#config;
    const ips = ipam.ips.map((ip): IpConfig => {
      const own = { ...ip, interface: CONTAINER };
      if (!isGateway || ip.gateway !== undefined) return own;
      return { ...own, gateway: firstAddress(Prefix.parse(ip.address)).toString() };
    });
    const interfaces: Interface[] = [
      { name: this.#config.bridge },
      { name: this.#veth.hostName },
      { name: this.#ctx.ifName, sandbox: this.#ctx.netns },
    ];
    const routes = isDefaultGateway ? withDefaultRoutes(ipam.routes, ips) : ipam.routes;
    this.#ipam = { ...ipam, ips, interfaces, routes };
  }

  #port(): BridgePortStep {
    const { bridge, hairpinMode: hairpin, portIsolation: isolated } = this.#config;
    return new BridgePortStep({
      sides: this.#sides,
      bridge,
      hairpin,
      isolated,
      ...this.#portLinks(),
    });
  }

  #portLinks(): Pick<ConstructorParameters<typeof BridgePortStep>[0], "port" | "ownPorts"> {
    return {
      port: () => this.#veth.hostEnd(),
      ownPorts: () => ownHostLinks(this.#sides, ownerOf(this.#ctx)),
    };
  }

  #interface(): InterfaceStep {
    return new InterfaceStep({
      sides: this.#sides,
      ifName: this.#ctx.ifName,
      result: () => this.#ipam,
      detectDuplicates: this.#config.enabledad,
    });
  }

  #gateway(): BridgeGatewayStep {
    return new BridgeGatewayStep({
      sides: this.#sides,
      bridge: this.#config.bridge,
      force: this.#config.forceAddress,
      gateways: () => gatewaysOf(this.#ipam),
      ownPort: () => this.#veth.hostEnd().index,
    });
  }

  #gatewayFamilies(): ReadonlySet<4 | 6> {
    return new Set(gatewaysOf(this.#ipam).map(({ ip }) => ip.family));
  }

  #macspoof(): MacspoofStep {
    return new MacspoofStep({
      sides: this.#sides,
      owner: ownerOf(this.#ctx),
      port: () => {
        const { container, host } = this.#veth.ends();
        if (container.address === undefined) throw new Error("a veth always has an address");
        return { name: host.name, mac: Mac.parse(container.address) };
      },
    });
  }
}

function emptyResult(cniVersion: string): Result {
  return { cniVersion, interfaces: [], ips: [], routes: [], dns: {} };
}

function firstAddress(subnet: Prefix): Ip {
  return subnet.network().ip.next();
}

function gatewaysOf(result: Result): Prefix[] {
  return result.ips.flatMap(({ address, gateway }) =>
    gateway === undefined ? [] : [Prefix.parse(`${gateway}/${Prefix.parse(address).length}`)],
  );
}

/** Adds a default route through the first gateway of each family that has none through a gateway. */
function withDefaultRoutes(routes: readonly Route[], ips: readonly IpConfig[]): Route[] {
  const all = [...routes];
  for (const { address, gateway } of ips) {
    const dst = DEFAULT_ROUTES[Prefix.parse(address).ip.family];
    if (gateway === undefined) continue;
    if (all.some((route) => route.dst === dst && route.gw !== undefined)) continue;
    all.push({ dst, gw: gateway });
  }
  return all;
}
