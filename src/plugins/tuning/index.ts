import { defined } from "../../base/index.ts";
import type { Context, Plugin } from "../../plugin/index.ts";
import { atLeast, type Interface, isContainerInterface, type Result } from "../../spec/index.ts";
import { MTU_SINCE } from "../../state/result/index.ts";
import { statePlugin } from "../../state/state-plugin/index.ts";
import { checkAllowed } from "./allowlist.ts";
import { parseConfig, type TuningConfig } from "./config.ts";
import { backup } from "./kind/backup.ts";
import { type Attributes, LinkAttributes } from "./kind/link-attributes.ts";
import { Sysctls } from "./kind/sysctls.ts";
import type { Tuned } from "./kind/tuned.ts";

export { schema } from "./config.ts";

/** Sets sysctls and link attributes of an interface that an earlier plugin made. See README.md. */
export const plugin: Plugin = statePlugin({
  name: "tuning",
  chained: true,
  config,
  // The backup alone tells what there is to restore.
  kinds: [backup],
  want(scene) {
    const { ctx, config } = scene;
    const { sysctls, attributes, dataDir } = config;
    const tuned: Tuned[] = [];
    if (sysctls.length > 0) tuned.push(new Sysctls(scene, sysctls));
    const link = new LinkAttributes(scene, attributes);
    if (Object.keys(attributes).length > 0) tuned.push(link);
    const pieces = tuned.length === 0 ? [] : [backup.want(scene, { dataDir, tuned }), ...tuned];
    const result = (): Result | undefined => withAttributes(ctx, attributes, link.peerName);
    return { pieces, result, expected: result };
  },
});

function config(ctx: Context): TuningConfig {
  const parsed = parseConfig(ctx);
  const keys = parsed.sysctls.map(({ key }) => key);
  if (keys.length > 0 && ctx.operation !== "CHECK") checkAllowed(keys, ctx.env);
  return parsed;
}

/** The previous result, with what has changed of the container's interface and of its other end. */
function withAttributes(
  ctx: Context,
  { mac, mtu }: Attributes,
  peerName: string | undefined,
): Result | undefined {
  const { prevResult, ifName, cniVersion } = ctx;
  if (prevResult === undefined) return undefined;
  const size = defined({ mtu: atLeast(cniVersion, MTU_SINCE) ? mtu : undefined });
  const news = defined({ mac: mac?.toString(), ...size });
  const isPeer = ({ name, sandbox = "" }: Interface): boolean =>
    sandbox === "" && name === peerName;
  const interfaces = prevResult.interfaces.map((each) => {
    if (isContainerInterface(each, ifName)) return { ...each, ...news };
    return isPeer(each) ? { ...each, ...size } : each;
  });
  return { ...prevResult, interfaces };
}
