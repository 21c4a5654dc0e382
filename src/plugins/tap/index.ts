import type { Context, Plugin } from "../../plugin/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { asPiece, type Removable } from "../../state/index.ts";
import { ipam } from "../../state/ipam/index.ts";
import { linkPlugin } from "../../state/link-plugin/index.ts";
import type { Namespaces } from "../../state/namespaces/index.ts";
import { attachmentOf } from "../../state/owner/index.ts";
import { parseConfig, type TapConfig } from "./config.ts";
import { isSelinuxEnabled, TapStep, tapUnavailable } from "./kind/index.ts";

const tap: Removable = {
  name: "tap",
  undo: async ({ ctx, namespaces }) => await anyTap(ctx, namespaces).undo(),
};

/** A tap in the container, for a virtual machine there. See manual.md. */
export const plugin: Plugin = linkPlugin<TapConfig>({
  name: "tap",
  version: "0.1.0",
  config: parseConfig,
  kinds: [tap, ipam],
  link: ({ ctx, config, namespaces, owner }) => {
    const { multiQueue, mtu, mac, uid, gid, bridge, selinuxContext } = config;
    const wanted = { multiQueue, mtu, mac, uid, gid, bridge, selinuxContext };
    const step = new TapStep({ namespaces, owner, env: ctx.env, ...wanted });
    return {
      ...asPiece(step),
      link: () => step.link(),
      ready: () => {
        const reason = tapUnavailable();
        if (reason !== undefined) throw reason;
        if (config.selinuxContext === "" || isSelinuxEnabled()) return;
        throw new CniError(
          ErrorCode.PLUGIN_NOT_AVAILABLE,
          '"selinuxContext" is set, but SELinux is not enabled on this host',
        );
      },
    };
  },
});

/** The tap of an attachment, whatever it was made like. */
function anyTap(ctx: Context, namespaces: Namespaces): TapStep {
  const kind = { multiQueue: false, mtu: 0, bridge: "", selinuxContext: "" };
  return new TapStep({ namespaces, owner: attachmentOf(ctx), env: ctx.env, ...kind });
}
