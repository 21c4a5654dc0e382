/** Every plugin by its type. Each is loaded when it is asked for: a process needs one of them. */
import type { GenericSchema } from "valibot";
import type { Plugin, PluginTraits } from "../../plugin/index.ts";

/** What the door of a plugin gives. */
interface Door {
  readonly plugin: Plugin;
  /** The keys of its configuration; those of an IPAM plugin stand in `ipam`. */
  readonly schema: GenericSchema;
}

const DOORS: ReadonlyMap<string, () => Promise<Door>> = new Map([
  ["bandwidth", once(() => import("../bandwidth/index.ts"))],
  ["bridge", once(() => import("../bridge/index.ts"))],
  ["cluster", once(() => import("../cluster/index.ts"))],
  ["dhcp", once(() => import("../dhcp/index.ts"))],
  ["firewall", once(() => import("../firewall/index.ts"))],
  ["host-device", once(() => import("../host-device/index.ts"))],
  ["host-local", once(() => import("../host-local/index.ts"))],
  ["loopback", once(() => import("../loopback/index.ts"))],
  ["dummy", once(() => import("../dummy/index.ts"))],
  ["ipvlan", once(() => import("../ipvlan/index.ts"))],
  ["vlan", once(() => import("../vlan/index.ts"))],
  ["macvlan", once(() => import("../macvlan/index.ts"))],
  ["portmap", once(() => import("../portmap/index.ts"))],
  ["ptp", once(() => import("../ptp/index.ts"))],
  ["sbr", once(() => import("../sbr/index.ts"))],
  ["static", once(() => import("../static/index.ts"))],
  ["tap", once(() => import("../tap/index.ts"))],
  ["tuning", once(() => import("../tuning/index.ts"))],
  ["vrf", once(() => import("../vrf/index.ts"))],
]);

export const PLUGINS: ReadonlyMap<string, () => Promise<Plugin>> = new Map(
  [...DOORS].map(([type, load]) => [type, async () => (await load()).plugin]),
);

/** The definition that a plugin reads its configuration with; undefined for a type of others. */
export async function schemaOf(type: string): Promise<GenericSchema | undefined> {
  return (await DOORS.get(type)?.())?.schema;
}

/** Where a plugin differs from others in what its caller has to know. */
const TRAITS: ReadonlyMap<string, PluginTraits> = new Map([["dhcp", { releaseNeedsLink: true }]]);

/**
 * The traits of a type, without loading the plugin. A type is a protocol: the dhcp plugin of
 * another project needs the link just as ours does.
 */
export function traitsOf(type: string): PluginTraits | undefined {
  return TRAITS.get(type);
}

/** Remembers the door: asking the module loader again takes longer than some plugins do. */
function once(load: () => Promise<Door>): () => Promise<Door> {
  let loaded: Door | undefined;
  return async () => {
    loaded ??= await load();
    return loaded;
  };
}
