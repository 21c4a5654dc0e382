import type { Plugin } from "../../plugin/index.ts";
import { ipam } from "../../state/ipam/index.ts";
import { linkPlugin } from "../../state/link-plugin/index.ts";
import { type HostDeviceConfig, parseConfig } from "./config.ts";
import { movedDevice, NetworkPiece, UserspaceDevice } from "./kind/index.ts";

export { schema } from "./config.ts";

/** Gives a container a network device of the host. See README.md. */
export const plugin: Plugin = linkPlugin<HostDeviceConfig>({
  name: "host-device",
  config: parseConfig,
  kinds: [movedDevice, ipam],
  link(scene) {
    const { device, network, unconfigured } = scene.config;
    if (device === undefined || unconfigured) return new UserspaceDevice(scene, device);
    return movedDevice.want(scene, { device, network, promised: scene.addresses });
  },
  more(scene) {
    const { network } = scene.config;
    return network === undefined ? [] : [new NetworkPiece(scene, network)];
  },
  finish: (result, { config }) => config.network?.merge(result, 0) ?? result,
});
