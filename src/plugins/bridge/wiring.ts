import { Mac } from "../../addr/index.ts";
import type { link } from "../../kernel/route/index.ts";
import type { Context } from "../../plugin/index.ts";
import type { Interface, IpConfig, Result } from "../../spec/index.ts";
import { AnnounceStep } from "../../state/announce/index.ts";
import type { Step } from "../../state/index.ts";
import { InterfaceStep } from "../../state/interface/index.ts";
import { IpamStep, ipamDelegate } from "../../state/ipam/index.ts";
import { masquerade } from "../../state/masquerade/index.ts";
import type { Namespaces } from "../../state/namespaces/index.ts";
import { attachmentOf } from "../../state/owner/index.ts";
import { checkPromised, containerInterface, hostInterface } from "../../state/result/index.ts";
import { ownHostLinks, VethStep } from "../../state/veth/index.ts";
import type { BridgeConfig } from "./config.ts";
import { gatewaySteps, vlanGateway, withDefaultRoutes, withGateway } from "./gateway.ts";
import {
  type BridgeLink,
  BridgePortStep,
  BridgeStep,
  PortForwardingStep,
  PortVlansStep,
  type VlanGatewayStep,
} from "./kind/index.ts";
import { MacspoofStep } from "./kind/macspoof/index.ts";

/** Place of the container's end in the result's interfaces: bridge, host's end, container's end. */
const CONTAINER = 2;

/** One attachment to a bridge: its steps, and the result that comes of them. */
export class Wiring {
  readonly #ctx: Context;
  readonly #config: BridgeConfig;
  readonly #namespaces: Namespaces;
  readonly #bridge: BridgeStep;
  readonly #veth: VethStep;
  readonly #vlanGateway: VlanGatewayStep | undefined;
  readonly #promised: Result | undefined;
  /** The ends of the pair as they were last seen, when everything was set. */
  #complete: { host?: link.Link; container?: link.Link } = {};
  #ipam: Result;

  /** For CHECK, `promised` is what ADD had returned. */
  constructor(ctx: Context, config: BridgeConfig, namespaces: Namespaces, promised?: Result) {
    this.#ctx = ctx;
    this.#config = config;
    this.#namespaces = namespaces;
    this.#promised = promised;
    this.#ipam = promised ?? emptyResult(ctx.cniVersion);
    const { mtu, mac, macspoofchk } = config;
    this.#bridge = new BridgeStep({
      namespaces,
      mtu,
      ...bridgeOf(config),
      warn: (text) => ctx.log(text),
    });
    this.#vlanGateway = vlanGateway(namespaces, config);
    // Where its frames are to be checked, the port joins when the check is there.
    const joins = macspoofchk ? undefined : () => ({ master: this.#bridge.index(), up: true });
    const pair = { namespaces, owner: attachmentOf(ctx), mtu, mac, isPort: true };
    this.#veth = new VethStep({ ...pair, hostSettings: joins });
  }

  /** Everything the configuration asks for, in the order in which ADD makes it. */
  steps(): Step[] {
    const { ipamType, disableContainerInterface, isGateway, ipMasq, macspoofchk } = this.#config;
    const { masqBackend, vlans } = this.#config;
    const hasIpam = ipamType !== "";
    const steps: (Step | false)[] = [
      this.#bridge,
      this.#veth,
      macspoofchk && this.#macspoof(),
      this.#port(),
      vlans.length > 0 && this.#vlans(),
      // Behind the port: there are IPAM plugins that ask servers on the bridge's network.
      hasIpam && new IpamStep(ipamType, ipamDelegate(this.#ctx), (result) => this.#adopt(result)),
      !disableContainerInterface && this.#interface(),
      ...(hasIpam && isGateway ? this.#gateway() : []),
      hasIpam && ipMasq && masquerade(this.#ctx, this.#namespaces, masqBackend, () => this.#ipam),
      !disableContainerInterface && this.#forwarding(),
      !disableContainerInterface && hasIpam && this.#announcement(),
      this.#promised !== undefined && this.#promise(this.#promised),
    ];
    return steps.filter((step) => step !== false);
  }

  /** What ADD returns; read back from the kernel, since others may change links that they see. */
  result(): Result {
    const { container = this.#veth.containerEnd(), host = this.#veth.hostEnd() } = this.#complete;
    const bridge = this.#bridge.link();
    const vlanLink = this.#vlanGateway?.link();
    return {
      ...this.#ipam,
      interfaces: [
        hostInterface(this.#ctx, bridge),
        hostInterface(this.#ctx, host),
        containerInterface(this.#ctx, container),
        ...(vlanLink === undefined ? [] : [hostInterface(this.#ctx, vlanLink)]),
      ],
      dns: this.#config.dns ?? this.#ipam.dns,
    };
  }

  /** Completes what IPAM gave: which interface has the addresses, gateways, default routes. */
  #adopt(ipam: Result): void {
    const { isGateway, isDefaultGateway } = this.#config;
    const ips = ipam.ips.map((ip): IpConfig => {
      const own = { ...ip, interface: CONTAINER };
      return isGateway ? withGateway(own) : own;
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
    const { bridge, hairpinMode: hairpin, portIsolation: isolated, macspoofchk } = this.#config;
    return new BridgePortStep({
      namespaces: this.#namespaces,
      bridge,
      hairpin,
      isolated,
      isJoined: !macspoofchk,
      indexes: () => ({ port: this.#veth.indexes().host, bridge: this.#bridge.index() }),
      ...this.#portLinks(),
    });
  }

  #portLinks(): Pick<ConstructorParameters<typeof BridgePortStep>[0], "port" | "ownPorts"> {
    const port = (): link.Link => {
      this.#complete.host = this.#veth.hostEnd();
      return this.#complete.host;
    };
    return { port, ownPorts: () => ownHostLinks(this.#namespaces, attachmentOf(this.#ctx)) };
  }

  #vlans(): PortVlansStep {
    const { vlans, preserveDefaultVlan: keepDefault } = this.#config;
    const port = (): link.Link => this.#veth.hostEnd();
    return new PortVlansStep({ namespaces: this.#namespaces, port, vlans, keepDefault });
  }

  #forwarding(): PortForwardingStep {
    const spanningTree = (): boolean => this.#bridge.link().bridge?.stp === true;
    return new PortForwardingStep(this.#portLinks(), { spanningTree, signal: this.#ctx.signal });
  }

  /** Nothing to make: CHECK compares both ends with the result. The bridge has its own ways. */
  #promise(promised: Result): Step {
    return {
      name: "result",
      describe: () => "the links as the result has them",
      apply: () => undefined,
      check: () => {
        const { container, host } = this.#veth.ends();
        checkPromised(this.#ctx, promised, container, [host]);
      },
      undo: () => undefined,
    };
  }

  #announcement(): AnnounceStep {
    const { ifName } = this.#ctx;
    const own = (): link.Link => {
      this.#complete.container = this.#veth.containerEnd();
      return this.#complete.container;
    };
    return new AnnounceStep({
      namespaces: this.#namespaces,
      ifName,
      link: own,
      result: () => this.#ipam,
    });
  }

  #gateway(): Step[] {
    const gateway = {
      namespaces: this.#namespaces,
      config: this.#config,
      addresses: () => this.#ipam,
      bridgeIndex: () => this.#bridge.index(),
      ownPort: () => this.#veth.indexes().host,
    };
    return gatewaySteps(gateway, this.#vlanGateway);
  }

  #interface(): InterfaceStep {
    return new InterfaceStep({
      namespaces: this.#namespaces,
      ifName: this.#ctx.ifName,
      result: () => this.#ipam,
      index: () => this.#veth.indexes().container,
      detectDuplicates: this.#config.enabledad,
    });
  }

  #macspoof(): MacspoofStep {
    return new MacspoofStep({
      namespaces: this.#namespaces,
      owner: attachmentOf(this.#ctx),
      port: () => {
        const { container, host } = this.#veth.ends();
        if (container.address === undefined) throw new Error("a veth always has an address");
        return { name: host.name, mac: Mac.parse(container.address) };
      },
    });
  }
}

/** The settings are of a bridge that is made; those that a new bridge has anyway are left out. */
function bridgeOf(config: BridgeConfig): Omit<BridgeLink, "namespaces" | "mtu" | "warn"> {
  const { filtersVlans, stp, groupFwdMask } = config;
  return {
    name: config.bridge,
    promiscuous: config.promiscMode,
    removable: config.removeUnused,
    settings: {
      ...(filtersVlans ? { vlanFiltering: true } : {}),
      ...(stp ? { stp } : {}),
      ...(groupFwdMask === 0 ? {} : { groupForwardMask: groupFwdMask }),
    },
  };
}

function emptyResult(cniVersion: string): Result {
  return { cniVersion, interfaces: [], ips: [], routes: [], dns: {} };
}
