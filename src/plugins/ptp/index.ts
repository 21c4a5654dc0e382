import type { link } from "../../kernel/route/index.ts";
import type { Context, Plugin } from "../../plugin/index.ts";
import type { Interface } from "../../spec/index.ts";
import { ForwardingStep } from "../../state/forwarding/index.ts";
import type { Step } from "../../state/index.ts";
import { type LinkScene, type LinkStep, linkPlugin } from "../../state/link-plugin/index.ts";
import {
  collectMasquerade,
  masquerade,
  masqueradeRemoval,
  masqueradeStatus,
} from "../../state/masquerade/index.ts";
import type { Namespaces } from "../../state/namespaces/index.ts";
import { attachmentOf } from "../../state/owner/index.ts";
import { hostInterface } from "../../state/result/index.ts";
import { collectVeths, VethRemoval, VethStep } from "../../state/veth/index.ts";
import { type PtpConfig, parseConfig } from "./config.ts";
import { reachableAt, withGateways } from "./gateway.ts";
import { HostEndStep } from "./kind/index.ts";

type Scene = LinkScene<PtpConfig>;

/** A link between a container and its host, with nobody else on it. See manual.md. */
export const plugin: Plugin = linkPlugin<PtpConfig>({
  name: "ptp",
  version: "0.1.0",
  config: parseConfig,
  link: (scene) => new PairStep(scene),
  complete: withGateways,
  more: (scene) => [hostEnd(scene), forwarding(scene), ...masquerading(scene)],
  removal,
  status: (ctx, { ipMasq, masqBackend }, namespaces) => {
    if (ipMasq) masqueradeStatus(ctx, namespaces, masqBackend);
  },
  collect: (ctx, namespaces) => {
    const valid = ctx.validAttachments ?? [];
    return [
      () => collectMasquerade(namespaces, ctx.network, valid, ctx.env),
      () => collectVeths(namespaces, ctx.network, valid),
    ];
  },
});

/** The veth pair, as the one link of an attachment. */
class PairStep extends VethStep implements LinkStep {
  readonly #scene: Scene;

  constructor(scene: Scene) {
    const { namespaces, owner, config } = scene;
    super({ namespaces, owner, mtu: config.mtu });
    this.#scene = scene;
  }

  link(): link.Link {
    return this.ends().container;
  }

  hostInterfaces(): Interface[] {
    return [hostInterface(this.#scene.ctx, this.hostEnd())];
  }
}

function hostEnd({ ctx, config, namespaces, owner, addresses }: Scene): HostEndStep {
  const pair = new VethStep({ namespaces, owner, mtu: config.mtu });
  return new HostEndStep({
    namespaces,
    owner,
    link: () => pair.ends().host,
    reachable: () => reachableAt(ctx.ifName, addresses()),
  });
}

function forwarding({ ctx, namespaces, addresses }: Scene): ForwardingStep {
  const families = (): ReadonlySet<4 | 6> => {
    return new Set(reachableAt(ctx.ifName, addresses()).map(({ ip }) => ip.family));
  };
  return new ForwardingStep(namespaces, families);
}

function masquerading({ ctx, config, namespaces, addresses }: Scene): Step[] {
  return config.ipMasq ? [masquerade(ctx, namespaces, config.masqBackend, addresses)] : [];
}

/** The last is undone first; IPAM comes right before the end of the pair. */
function removal(ctx: Context, namespaces: Namespaces): Step[] {
  const owner = attachmentOf(ctx);
  const pair = new VethRemoval(namespaces, owner);
  const end = new HostEndStep({ namespaces, owner, link: unknownEnd, reachable: () => [] });
  return [pair.gone, masqueradeRemoval(ctx, namespaces), pair.asked, end];
}

function unknownEnd(): never {
  throw new Error("DEL does not ask for the host's end: it finds it by its name");
}
