import type { Context, Plugin } from "../../plugin/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import type { Sides } from "../../steps/sides/index.ts";
import { isSelinuxEnabled, TapStep, tapUnavailable } from "../../steps/tap/index.ts";
import { linkPlugin, ownerOf } from "../common/index.ts";
import { parseConfig, type TapConfig } from "./config.ts";

/** A tap in the container, for a virtual machine there. See manual.md. */
export const plugin: Plugin = linkPlugin<TapConfig>({
  name: "tap",
  version: "0.1.0",
  config: parseConfig,
  link: ({ ctx, config, sides, owner }) => {
    const { multiQueue, mtu, mac, uid, gid, bridge, selinuxContext } = config;
    const wanted = { multiQueue, mtu, mac, uid, gid, bridge, selinuxContext };
    return new TapStep({ sides, owner, env: ctx.env, ...wanted });
  },
  removal: (ctx, sides) => [anyTap(ctx, sides)],
  status: (_ctx, { selinuxContext }) => {
    const reason = tapUnavailable();
    if (reason !== undefined) throw reason;
    if (selinuxContext === "" || isSelinuxEnabled()) return;
    throw new CniError(
      ErrorCode.PLUGIN_NOT_AVAILABLE,
      '"selinuxContext" is set, but SELinux is not enabled on this host',
    );
  },
});

/** The tap of an attachment, whatever it was made like. */
function anyTap(ctx: Context, sides: Sides): TapStep {
  const kind = { multiQueue: false, mtu: 0, bridge: "", selinuxContext: "" };
  return new TapStep({ sides, owner: ownerOf(ctx), env: ctx.env, ...kind });
}
