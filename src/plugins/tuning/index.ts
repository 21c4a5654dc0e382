import { type Context, definePlugin, type Plugin, requirePrevResult } from "../../plugin/index.ts";
import { atLeast, type Interface, type Result } from "../../spec/index.ts";
import { applySteps, checkSteps, describeSteps, type Step, undoSteps } from "../../steps/index.ts";
import { Sides } from "../../steps/sides/index.ts";
import {
  BackupStep,
  collectTuning,
  LinkAttributesStep,
  SysctlStep,
} from "../../steps/tuning/index.ts";
import { checkAllowed } from "./allowlist.ts";
import { parseConfig, parseDataDir, type TuningConfig } from "./config.ts";
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
    using sides = Sides.open(ctx.netns);
    await applySteps(steps(ctx, config, sides), options(ctx));
    return tuned(ctx, previous, config);
  },

  async check(ctx) {
    const config = parseConfig(ctx);
    requirePrevResult(ctx);
    using sides = Sides.open(ctx.netns);
    await checkSteps(steps(ctx, config, sides), options(ctx));
  },

  async del(ctx) {
    const nothing = { sysctls: [], attributes: {}, dataDir: parseDataDir(ctx) };
    using sides = Sides.openIfPresent(ctx.netns);
    await undoSteps(allSteps(ctx, nothing, sides), options(ctx));
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
    using sides = Sides.hostOnly();
    return describeSteps(steps(ctx, config, sides));
  },
});

function allow(ctx: Context, { sysctls }: TuningConfig): void {
  if (sysctls.length === 0) return;
  checkAllowed(
    sysctls.map(({ key }) => key),
    ctx.env,
  );
}

/** The steps that have something to do. */
function steps(ctx: Context, config: TuningConfig, sides: Sides): Step[] {
  const [backup, sysctl, attributes] = allSteps(ctx, config, sides);
  const some: Step[] = [];
  if (config.sysctls.length > 0) some.push(sysctl);
  if (Object.keys(config.attributes).length > 0) some.push(attributes);
  return some.length === 0 ? [] : [backup, ...some];
}

function allSteps(
  ctx: Context,
  { sysctls, attributes, dataDir }: TuningConfig,
  sides: Sides,
): [BackupStep, SysctlStep, LinkAttributesStep] {
  const { network, containerId, ifName } = ctx;
  const owner = { network, containerId, ifName };
  const log = (text: string): void => ctx.log(text);
  const backup = new BackupStep({ sides, owner, dataDir, log });
  return [
    backup,
    new SysctlStep({ sides, backup, sysctls, log }),
    new LinkAttributesStep({ sides, owner, backup, attributes, log }),
  ];
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

function options(ctx: Context): Parameters<typeof applySteps>[1] {
  return { signal: ctx.signal, onStep: (report) => ctx.step(report) };
}
