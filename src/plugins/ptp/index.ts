import type { Plugin } from "../../plugin/index.ts";
import { field } from "../../spec/index.ts";
import { forwarding } from "../../state/forwarding/index.ts";
import type { Piece } from "../../state/index.ts";
import { ipam } from "../../state/ipam/index.ts";
import { ipamObject } from "../../state/ipam-config/index.ts";
import { type LinkContext, type LinkPiece, linkPlugin } from "../../state/link-plugin/index.ts";
import { masquerade } from "../../state/masquerade/index.ts";
import { hostInterface } from "../../state/result/index.ts";
import { type VethPair, vethPair } from "../../state/veth/index.ts";
import { type PtpConfig, parseConfig } from "./config.ts";
import { reachableAt, withGateways } from "./gateway.ts";
import { hostEnd } from "./kind/host-end.ts";

export { schema } from "./config.ts";

type Scene = LinkContext<PtpConfig>;

/** A link between a container and its host, with no other host on it. See manual.md. */
export const plugin: Plugin = linkPlugin<PtpConfig>({
  name: "ptp",
  config: parseConfig,
  kinds: [ipam, masquerade, vethPair, hostEnd],
  link: pairAsLink,
  complete: withGateways,
  more: (scene) => [hostEndOf(scene), forwardingOf(scene), ...masqueradeOf(scene)],
});

/** The veth pair, as the one link of an attachment. */
function pairAsLink(scene: Scene): LinkPiece {
  const pair = pairOf(scene);
  return {
    name: pair.name,
    isBasis: pair.isBasis,
    describe: () => pair.describe(),
    compare: () => pair.compare(),
    apply: (rollback) => pair.apply(rollback),
    check: () => pair.check(),
    link: () => pair.ends().container,
    expectedHosts: () => [{ name: pair.hostName }],
    hostInterfaces: () => [hostInterface(scene.ctx, pair.hostEnd())],
  };
}

function pairOf(scene: Scene): VethPair {
  return vethPair.want(scene, { mtu: scene.config.mtu });
}

function hostEndOf(scene: Scene): Piece {
  const pair = pairOf(scene);
  return hostEnd.want(scene, {
    link: () => pair.ends().host,
    reachable: () => reachableAt(scene.ctx.ifName, scene.addresses()),
    isOfFleet: isOfFleet(scene),
  });
}

function isOfFleet({ ctx }: Scene): boolean {
  const ipam = ipamObject(ctx);
  return ipam !== undefined && field(ipam, "type") === "cluster";
}

function forwardingOf(scene: Scene): Piece {
  const reachable = () => reachableAt(scene.ctx.ifName, scene.addresses());
  return forwarding.want(scene, () => new Set(reachable().map(({ ip }) => ip.family)));
}

function masqueradeOf(scene: Scene): Piece[] {
  const { ipMasq, masqBackend: backend, masqExcept: except } = scene.config;
  return ipMasq ? [masquerade.want(scene, { backend, except, addresses: scene.addresses })] : [];
}
