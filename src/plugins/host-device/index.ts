import type { Context, Plugin } from "../../plugin/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { asPiece, type Removable } from "../../state/index.ts";
import { ipam } from "../../state/ipam/index.ts";
import { type LinkPiece, type LinkScene, linkPlugin } from "../../state/link-plugin/index.ts";
import { type HostDeviceConfig, hintedNames, parseConfig } from "./config.ts";
import {
  collectDevices,
  type DeviceHints,
  DeviceRecords,
  DeviceStep,
  HostNetwork,
  NetworkStep,
} from "./kind/index.ts";
import { missingDevice, verifyStatus } from "./missing.ts";
import { MovedDevice, UserspaceDevice } from "./result.ts";

/** What one call knows beside its configuration. */
interface Call extends HostDeviceConfig {
  readonly records: DeviceRecords;
  /** What the container shall have of the host's network; undefined when nothing. */
  readonly network: HostNetwork | undefined;
}

const nothing: LinkPiece = {
  name: "device",
  describe: () => undefined,
  link: () => {
    throw new Error("no device is named");
  },
};

const movedDevice: Removable = {
  name: "device",
  async undo({ ctx, namespaces, owner }) {
    await new DeviceStep({
      namespaces,
      owner,
      netns: ctx.netns,
      records: new DeviceRecords(ctx.env),
      hints: hintsOf(ctx),
      log: (text) => ctx.log(text),
    }).undo();
  },
  async collect({ ctx, namespaces }, { network, valid }) {
    const records = new DeviceRecords(ctx.env);
    await collectDevices(namespaces, network, valid, records, (text) => ctx.log(text));
  },
};

/** Gives a container a network device of the host. See README.md. */
export const plugin: Plugin = linkPlugin<Call>({
  name: "host-device",
  version: "0.1.0",

  config(ctx) {
    const config = parseConfig(ctx);
    const network = config.useInterfaceNetwork ? new HostNetwork() : undefined;
    return { ...config, records: new DeviceRecords(ctx.env), network };
  },

  kinds: [movedDevice, ipam],
  link(scene): LinkPiece {
    const { device, records } = scene.config;
    // STATUS is asked before a runtime has named the device.
    if (device === undefined && scene.ctx.operation === "STATUS") return nothing;
    const step = linkStep(scene);
    return {
      ...asPiece(step),
      link: () => step.link(),
      ...("containerInterface" in step
        ? { containerInterface: () => step.containerInterface() }
        : {}),
      ready: () => {
        if (device !== undefined) verifyStatus(device, records, scene.namespaces);
      },
    };
  },

  more({ config, namespaces, owner }) {
    const { network, records } = config;
    if (network === undefined) return [];
    return [asPiece(new NetworkStep({ namespaces, owner, network, records }))];
  },

  finish: (result, { config }) => config.network?.merge(result, 0) ?? result,
});

function linkStep({
  ctx,
  config,
  namespaces,
  owner,
  addresses,
}: LinkScene<Call>): MovedDevice | UserspaceDevice {
  const { device, records, network } = config;
  if (device === undefined) {
    throw new CniError(ErrorCode.INVALID_NETWORK_CONFIG, "no device is named");
  }
  if (config.unconfigured) return new UserspaceDevice(ctx, device);
  return new MovedDevice(ctx, {
    namespaces,
    owner,
    netns: ctx.netns,
    daemonServices: ctx.daemonServices,
    records,
    hints: hintsOf(ctx),
    log: (text) => ctx.log(text),
    wanted: {
      label: device.label,
      find: device.find,
      missing: () => missingDevice(device, records),
    },
    network,
    promised: addresses,
  });
}

function hintsOf(ctx: Context): DeviceHints {
  const { device, hwaddr } = hintedNames(ctx);
  const listed = ctx.prevResult?.interfaces ?? [];
  const macs = listed
    .filter(({ name, sandbox }) => name === ctx.ifName && sandbox !== undefined)
    .flatMap(({ mac }) => (mac === undefined || mac === "" ? [] : [mac.toLowerCase()]));
  return { device, macs: hwaddr === "" ? macs : [...macs, hwaddr] };
}
