import { Mac } from "../../addr/index.ts";
import type { link } from "../../kernel/route/index.ts";
import { emptyResult, type Interface, type IpConfig, type Result } from "../../spec/index.ts";
import { announcement } from "../../state/announce/index.ts";
import { forwarding } from "../../state/forwarding/index.ts";
import type { ConfiguredScene, Piece, Wanted } from "../../state/index.ts";
import { configuredInterface } from "../../state/interface/index.ts";
import { ipam } from "../../state/ipam/index.ts";
import { masquerade } from "../../state/masquerade/index.ts";
import { checkPromised, containerInterface, hostInterface } from "../../state/result/index.ts";
import {
  autoconfigured,
  checkAutoconfigured,
  withAutoconfigured,
} from "../../state/slaac/index.ts";
import { type VethPair, vethPair } from "../../state/veth/index.ts";
import type { BridgeConfig } from "./config.ts";
import { gatewaysOf, withDefaultRoutes, withGateway } from "./gateway.ts";
import { gatewayAddresses } from "./kind/gateway.ts";
import { type BridgeLink, bridgeLink } from "./kind/link.ts";
import { sourceCheck } from "./kind/macspoof/kind.ts";
import { bridgePort } from "./kind/port.ts";
import { bridgePortReady } from "./kind/port-ready.ts";
import { staticNeighbours } from "./kind/static-neighbours.ts";
import { portVlans } from "./kind/vlan.ts";
import { type VlanGateway, vlanGateway } from "./kind/vlan-gateway.ts";

/** Place of the container's end in the result's interfaces: bridge, host's end, container's end. */
const CONTAINER = 2;

/** One attachment to a bridge: its pieces, and the result that comes of them. */
export class BridgeAttachment {
  readonly #scene: ConfiguredScene<BridgeConfig>;
  readonly #bridge: BridgeLink;
  readonly #pair: VethPair;
  readonly #vlanGateway: VlanGateway | undefined;
  /** The ends of the pair as they were last seen, when everything was set. */
  #complete: { host?: link.Link; container?: link.Link } = {};
  #addresses: Result;

  constructor(scene: ConfiguredScene<BridgeConfig>) {
    const { ctx, config } = scene;
    const { bridge: name, mtu, mac, vid, macspoofchk } = config;
    this.#scene = scene;
    const promised = ctx.operation === "CHECK" ? ctx.prevResult : undefined;
    this.#addresses = promised ?? emptyResult(ctx.cniVersion);
    this.#bridge = bridgeLink.want(scene, bridgeOf(config));
    // Where its frames are to be checked, the port joins when the check is there.
    const joins = macspoofchk ? undefined : () => ({ master: this.#bridge.index(), up: true });
    this.#pair = vethPair.want(scene, { mtu, mac, isPort: true, hostSettings: joins });
    const isVlanGateway = vid !== 0 && config.isGateway && config.ipamType !== "";
    this.#vlanGateway = isVlanGateway
      ? vlanGateway.want(scene, { bridge: name, pair: this.#pair, vid, mtu })
      : undefined;
  }

  /** Everything the configuration asks for, in the order in which ADD makes it. */
  wanted(): Wanted {
    const { ipamType, disableContainerInterface, isGateway, ipMasq, slaac } = this.#scene.config;
    const hasIpam = ipamType !== "";
    const pieces = [
      this.#bridge,
      this.#pair,
      ...this.#port(),
      // Behind the port: there are IPAM plugins that ask servers on the bridge's network.
      ...(hasIpam ? [this.#ipam(ipamType)] : []),
      ...(slaac ? [checkAutoconfigured(this.#scene, () => this.#addresses)] : []),
      ...(disableContainerInterface ? [] : [this.#interface()]),
      ...(hasIpam && isGateway ? this.#gateway() : []),
      ...(hasIpam && ipMasq ? [this.#masquerade()] : []),
      ...(disableContainerInterface ? [] : [this.#portReady()]),
      // Behind the port, which has to forward what routers advertise.
      ...(slaac ? [this.#autoconfigured()] : []),
      ...(!disableContainerInterface && (hasIpam || slaac) ? [this.#announcement()] : []),
      this.#promise(),
    ];
    return {
      pieces,
      result: () => this.#result(),
      expected: () => this.#expected(),
      warnings: withoutEffect(this.#scene.config),
    };
  }

  /** Before anything is made: what is known of the result; undefined while the addresses are not. */
  #expected(): Partial<Result> | undefined {
    const { config } = this.#scene;
    const isKnown = this.#addresses.interfaces.length > 0;
    if (!isKnown && (config.ipamType !== "" || config.slaac)) return undefined;
    const interfaces = this.#expectedInterfaces();
    return { ...this.#addresses, interfaces, dns: config.dns ?? this.#addresses.dns };
  }

  #expectedInterfaces(): Interface[] {
    const { ctx, config } = this.#scene;
    const vlan = this.#vlanGateway === undefined ? [] : [{ name: this.#vlanGateway.linkName }];
    return [
      { name: config.bridge },
      { name: this.#pair.hostName },
      { name: ctx.ifName, sandbox: ctx.netns },
      ...vlan,
    ];
  }

  /** What ADD returns; read back from the kernel, since others may change links that they see. */
  #result(): Result {
    const { ctx, config } = this.#scene;
    const { container = this.#pair.containerEnd(), host = this.#pair.hostEnd() } = this.#complete;
    const vlanLink = this.#vlanGateway?.link();
    return {
      ...this.#addresses,
      interfaces: [
        hostInterface(ctx, this.#bridge.link()),
        hostInterface(ctx, host),
        containerInterface(ctx, container),
        ...(vlanLink === undefined ? [] : [hostInterface(ctx, vlanLink)]),
      ],
      dns: config.dns ?? this.#addresses.dns,
    };
  }

  #ipam(type: string): Piece {
    return ipam.want(this.#scene, { type, adopt: (result) => this.#adopt(result) });
  }

  /** Completes what IPAM gave: which interface has the addresses, gateways, default routes. */
  #adopt(given: Result): void {
    const { ctx, config } = this.#scene;
    const ips = given.ips.map((ip): IpConfig => {
      const own = { ...ip, interface: CONTAINER };
      return config.isGateway ? withGateway(own) : own;
    });
    const interfaces: Interface[] = [
      { name: config.bridge },
      { name: this.#pair.hostName },
      { name: ctx.ifName, sandbox: ctx.netns },
    ];
    const routes = config.isDefaultGateway ? withDefaultRoutes(given.routes, ips) : given.routes;
    this.#addresses = { ...given, ips, interfaces, routes };
  }

  #port(): Piece[] {
    const { config } = this.#scene;
    const { vlans, preserveDefaultVlan: keepDefault, macspoofchk } = config;
    const pair = this.#pair;
    const { hairpinMode: hairpin, portIsolation: isolated } = config;
    const port = { bridge: this.#bridge, pair, isJoined: !macspoofchk, hairpin, isolated };
    return [
      ...(macspoofchk ? [sourceCheck.want(this.#scene, () => this.#checkedPort())] : []),
      bridgePort.want(this.#scene, port),
      ...(vlans.length > 0 ? [portVlans.want(this.#scene, { pair, vlans, keepDefault })] : []),
    ];
  }

  #checkedPort(): { name: string; mac: Mac } {
    const { container, host } = this.#pair.ends();
    if (container.address === undefined) throw new Error("a veth always has an address");
    return { name: host.name, mac: Mac.parse(container.address) };
  }

  #interface(): Piece {
    return configuredInterface.want(this.#scene, {
      result: () => this.#addresses,
      index: () => this.#pair.indexes().container,
      detectDuplicates: this.#scene.config.enabledad,
      acceptRA: this.#scene.config.slaac ? true : this.#scene.config.acceptRA,
    });
  }

  #gateway(): Piece[] {
    const gateways = () => gatewaysOf(this.#addresses);
    const families = () => new Set(gateways().map(({ family }) => family));
    const ofVlan = this.#vlanGateway;
    const force = this.#scene.config.forceAddress;
    const wanted = { bridge: this.#bridge, pair: this.#pair, ofVlan, gateways, force };
    return [
      ...(ofVlan === undefined ? [] : [ofVlan]),
      gatewayAddresses.want(this.#scene, wanted),
      forwarding.want(this.#scene, families),
      ...(this.#scene.config.staticNeighbours ? [this.#neighbours()] : []),
    ];
  }

  #neighbours(): Piece {
    const link = () => this.#vlanGateway?.link() ?? this.#bridge.link();
    const linkName = () => this.#vlanGateway?.linkName ?? this.#bridge.wantedName;
    const wanted = { pair: this.#pair, link, linkName, result: () => this.#addresses };
    return staticNeighbours.want(this.#scene, wanted);
  }

  #masquerade(): Piece {
    const { masqBackend: backend, masqExcept: except } = this.#scene.config;
    return masquerade.want(this.#scene, { backend, except, addresses: () => this.#addresses });
  }

  #portReady(): Piece {
    const seen = (port: link.Link): void => {
      this.#complete.host = port;
    };
    return bridgePortReady.want(this.#scene, { bridge: this.#bridge, pair: this.#pair, seen });
  }

  #autoconfigured(): Piece {
    return autoconfigured.want(this.#scene, {
      adopt: (formed) => {
        this.#addresses = withAutoconfigured(this.#addresses, formed, CONTAINER);
      },
    });
  }

  #announcement(): Piece {
    const own = (): link.Link => {
      const container = this.#pair.containerEnd();
      this.#complete.container = container;
      return container;
    };
    return announcement.want(this.#scene, { link: own, result: () => this.#addresses });
  }

  /** For CHECK: both ends are as the result has them. The bridge has its own ways. */
  #promise(): Piece {
    return {
      name: "result",
      describe: () => undefined,
      check: () => {
        const { container, host } = this.#pair.ends();
        checkPromised(this.#scene.ctx, this.#addresses, container, [host]);
      },
    };
  }
}

/** The settings are of a bridge that is made; those that a new bridge has anyway are left out. */
function bridgeOf(config: BridgeConfig): Parameters<typeof bridgeLink.want>[1] {
  const { filtersVlans, vlans, stp, groupFwdMask, multicastSnooping } = config;
  return {
    name: config.bridge,
    mtu: config.mtu,
    promiscuous: config.promiscMode,
    isGateway: config.isGateway && config.ipamType !== "" && config.vid === 0,
    hasVlans: vlans.length > 0,
    removable: config.removeUnused,
    settings: {
      ...(filtersVlans ? { vlanFiltering: true } : {}),
      ...(stp ? { stp } : {}),
      ...(multicastSnooping ? {} : { multicastSnooping }),
      ...(groupFwdMask === 0 ? {} : { groupForwardMask: groupFwdMask }),
    },
  };
}

/** Keys that are about addresses, where no IPAM plugin gives any: one line for all. */
function withoutEffect(config: BridgeConfig): string[] {
  if (config.ipamType !== "") return [];
  const keys = (["isDefaultGateway", "isGateway", "ipMasq"] as const).filter((key) => config[key]);
  // isDefaultGateway says isGateway as well.
  const named = keys.filter((key) => key !== "isGateway" || !config.isDefaultGateway);
  if (named.length === 0) return [];
  return [`without a type in "ipam" nothing comes of ${named.join(" and ")}`];
}
