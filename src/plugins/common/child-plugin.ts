import { defined } from "../../base/index.ts";
import { link } from "../../kernel/route/index.ts";
import type { Context, Plugin } from "../../plugin/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import {
  type ChildKind,
  type ChildLink,
  ChildLinkStep,
  collectChildLinks,
  findMaster,
  kernelHas,
  kindMissing,
  type Master,
} from "../../steps/child-link/index.ts";
import { staleMarks } from "../../steps/owner/index.ts";
import type { Sides } from "../../steps/sides/index.ts";
import type { LinkConfig } from "./attachment.ts";
import { ownerOf } from "./identity.ts";
import { linkPlugin } from "./link-plugin.ts";

/** What the configuration says of a link that is made in the container. */
export interface ChildConfig extends LinkConfig {
  readonly link: Omit<ChildLink, "sides" | "owner" | "kind">;
  /** The master comes from an earlier plugin of the chain, which STATUS cannot know. */
  readonly chained?: boolean | undefined;
}

/** A plugin that makes a link of one kind; it bears the kind's name. */
export interface ChildPlugin {
  readonly kind: ChildKind;
  readonly config: (ctx: Context, sides: Sides) => ChildConfig;
}

/** Makes the plugin. */
export function childPlugin({ kind, config }: ChildPlugin): Plugin {
  return linkPlugin<ChildConfig>({
    name: kind,
    version: "0.1.0",
    config,
    link: ({ sides, owner, config: { link: wanted } }) =>
      new ChildLinkStep({ sides, owner, kind, ...wanted }),
    removal: (ctx, sides) => [
      new ChildLinkStep({ sides, owner: ownerOf(ctx), kind, mtu: 0, settings: {} }),
    ],
    collect: (ctx, sides) => {
      const isStale = staleMarks(ctx.network, ctx.validAttachments ?? []);
      return [() => collectChildLinks(sides, kind, isStale)];
    },
    status: (_ctx, { link: { master }, chained }, sides) => {
      if (!kernelHas(sides.host, kind)) throw kindMissing(kind);
      if (master !== undefined && chained !== true) checkMaster(sides, master);
    },
  });
}

/** Without its master a link does not work, so containers that have one are cut off too. */
function checkMaster(sides: Sides, master: Master): void {
  if (master.inContainer) return; // each container has its own
  if (master.name !== "" && link.get(sides.host, { name: master.name }) === undefined) {
    throw new CniError(
      ErrorCode.LIMITED_CONNECTIVITY,
      `master ${JSON.stringify(master.name)} is missing on the host`,
    );
  }
  try {
    findMaster(sides, master);
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    throw new CniError(ErrorCode.PLUGIN_NOT_AVAILABLE, error.msg, {
      ...defined({ details: error.details }),
      cause: error,
    });
  }
}
