import { type Context, definePlugin, type Plugin, requirePrevResult } from "../../plugin/index.ts";
import { atLeast, type Interface, type Result } from "../../spec/index.ts";
import {
  applySteps,
  checkSteps,
  describeSteps,
  type Step,
  stepOptions,
  undoSteps,
} from "../../state/index.ts";
import { Namespaces } from "../../state/namespaces/index.ts";
import { checkAllowed } from "./allowlist.ts";
import { DEFAULT_DATA_DIR, parseConfig, parseDataDir, type TuningConfig } from "./config.ts";
import {
  Backup,
  BackupStep,
  collectTuning,
  LinkAttributesStep,
  SysctlStep,
  type Tuned,
} from "./kind/index.ts";
import { verifyStatus } from "./status.ts";

/** The version of the specification since which a result tells the MTU. */
const MTU_SINCE = "1.1.0";

/** Sets sysctls and link attributes of an interface that an earlier plugin made. See README.md. */
export const plugin: Plugin = definePlugin({
  name: "tuning",

  async add(ctx) {
    const config = parseConfig(ctx);
    allow(ctx, config);
    const previous = requirePrevResult(ctx);
    using namespaces = Namespaces.open(ctx);
    await applySteps(steps(ctx, config, namespaces), stepOptions(ctx));
    return tuned(ctx, previous, config);
  },

  async check(ctx) {
    const config = parseConfig(ctx);
    requirePrevResult(ctx);
    using namespaces = Namespaces.open(ctx);
    await checkSteps(steps(ctx, config, namespaces), stepOptions(ctx));
  },

  async del(ctx) {
    const nothing = { sysctls: [], attributes: {}, dataDir: parseDataDir(ctx) };
    using namespaces = Namespaces.ofDel(ctx, () => true);
    await undoSteps(steps(ctx, nothing, namespaces), stepOptions(ctx));
  },

  gc(ctx) {
    collectTuning(ctx.network, ctx.validAttachments ?? [], parseDataDir(ctx));
  },

  status(ctx) {
    const config = parseConfig(ctx);
    allow(ctx, config);
    verifyStatus(config);
  },

  plan(ctx) {
    const config = parseConfig(ctx);
    allow(ctx, config);
    using namespaces = Namespaces.hostOnly();
    return describeSteps(steps(ctx, config, namespaces));
  },
});

function allow(ctx: Context, { sysctls }: TuningConfig): void {
  if (sysctls.length === 0) return;
  checkAllowed(
    sysctls.map(({ key }) => key),
    ctx.env,
  );
}

/** The steps that have something to do: for DEL, which goes by the backup, all of them. */
function steps(ctx: Context, config: TuningConfig, namespaces: Namespaces): Step[] {
  const { network, containerId, ifName } = ctx;
  const { sysctls, attributes, dataDir } = config;
  const owner = { network, containerId, ifName };
  const log = (text: string): void => ctx.log(text);
  const backup = new Backup({ namespaces, owner, dataDir, formerDir: DEFAULT_DATA_DIR, log });
  const isDel = ctx.operation === "DEL";
  const tuned: Tuned[] = [];
  if (isDel || sysctls.length > 0) tuned.push(new SysctlStep({ namespaces, backup, sysctls, log }));
  if (isDel || Object.keys(attributes).length > 0) {
    tuned.push(new LinkAttributesStep({ namespaces, owner, backup, attributes, log }));
  }
  return tuned.length === 0 ? [] : [new BackupStep(namespaces, backup, tuned), ...tuned];
}

/** The previous result, with what has changed of the container's interface. */
function tuned(ctx: Context, previous: Result, { attributes }: TuningConfig): Result {
  const { mac, mtu } = attributes;
  const news = {
    ...(mac === undefined ? {} : { mac: mac.toString() }),
    ...(mtu === undefined || !atLeast(ctx.cniVersion, MTU_SINCE) ? {} : { mtu }),
  };
  const interfaces = previous.interfaces.map(
    (each): Interface => (isOwn(each, ctx.ifName) ? { ...each, ...news } : each),
  );
  return { ...previous, interfaces };
}

/** A link of the host may have the same name; only those in a sandbox are the container's. */
function isOwn({ name, sandbox }: Interface, ifName: string): boolean {
  return name === ifName && sandbox !== undefined && sandbox !== "";
}
