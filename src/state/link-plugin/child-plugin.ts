import { defined } from "../../base/index.ts";
import type { Context, Plugin } from "../../plugin/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import { attachmentOf, staleMarks } from "../owner/index.ts";
import {
  type ChildKind,
  type ChildLink,
  ChildLinkStep,
  collectChildLinks,
  findMaster,
  kernelHas,
  kindMissing,
  type Master,
} from "../virtual-link/index.ts";
import type { LinkConfig } from "./attachment.ts";
import { linkPlugin } from "./link-plugin.ts";

/** What the configuration says of a link that is made in the container. */
export interface ChildConfig extends LinkConfig {
  readonly link: Omit<ChildLink, "namespaces" | "owner" | "kind">;
  /** The master comes from an earlier plugin of the chain, which STATUS cannot know. */
  readonly chained?: boolean | undefined;
}

/** A plugin that makes a link of one kind; it bears the kind's name. */
export interface ChildPlugin {
  readonly kind: ChildKind;
  readonly config: (ctx: Context, namespaces: Namespaces) => ChildConfig;
}

/** Makes the plugin. */
export function childPlugin({ kind, config }: ChildPlugin): Plugin {
  return linkPlugin<ChildConfig>({
    name: kind,
    version: "0.1.0",
    config,
    link: ({ namespaces, owner, config: { link: wanted } }) =>
      new ChildLinkStep({ namespaces, owner, kind, ...wanted }),
    removal: (ctx, namespaces) => [
      new ChildLinkStep({ namespaces, owner: attachmentOf(ctx), kind, mtu: 0, settings: {} }),
    ],
    collect: (ctx, namespaces) => {
      const isStale = staleMarks(ctx.network, ctx.validAttachments ?? []);
      return [() => collectChildLinks(namespaces, kind, isStale)];
    },
    status: (_ctx, { link: { master }, chained }, namespaces) => {
      if (!kernelHas(namespaces.host, kind)) throw kindMissing(kind);
      if (master !== undefined && chained !== true) checkMaster(namespaces, master);
    },
  });
}

/** Without its master a link does not work, so containers that have one are cut off too. */
function checkMaster(namespaces: Namespaces, master: Master): void {
  if (master.inContainer) return; // each container has its own
  if (master.name !== "" && namespaces.hostLinks.get({ name: master.name }) === undefined) {
    throw new CniError(
      ErrorCode.LIMITED_CONNECTIVITY,
      `master ${JSON.stringify(master.name)} is missing on the host`,
    );
  }
  try {
    findMaster(namespaces, master);
  } catch (error) {
    if (!(error instanceof CniError)) throw error;
    throw new CniError(ErrorCode.PLUGIN_NOT_AVAILABLE, error.msg, {
      ...defined({ details: error.details }),
      cause: error,
    });
  }
}
