/** The keys that a configuration may have, from the definitions that the plugins parse with. */
import type { GenericSchema } from "valibot";
import { nearest } from "../../base/index.ts";
import { PLUGINS, schemaOf } from "../../plugins/registry/index.ts";
import { foldKey } from "../../spec/index.ts";

/** Keys of the list (specification, section 1). */
export const LIST_KEYS: readonly string[] = [
  ...["cniVersion", "cniVersions", "name", "disableCheck", "disableGC"],
  ...["loadOnlyInlinedPlugins", "plugins"],
];

/** Keys that an object of `plugins` may have, whatever its type, and the runtime reads or fills in. */
export const PLUGIN_KEYS: readonly string[] = [
  ...["type", "capabilities", "args", "runtimeConfig", "prevResult"],
];

/** Keys of the list that the runtime writes into what it sends a plugin, over those that stand there. */
export const OVERWRITTEN_KEYS: readonly string[] = ["name", "cniVersion"];

/** Whether the plugin is one of Hawser's. */
export function isKnownPlugin(type: string): boolean {
  return PLUGINS.has(type);
}

/** The shortest unknown type that may be a slip. */
const SLIP_MIN = 5;

/** The plugin of Hawser's that a type seems to be a slip of; undefined for a type that is none. */
export function pluginMeant(type: string): string | undefined {
  if (type.length < SLIP_MIN || isKnownPlugin(type) || /[-_/.]/u.test(type)) return undefined;
  const near = nearest(type.toLowerCase(), PLUGINS.keys());
  return near === undefined || Math.abs(near.length - type.length) > 1 ? undefined : near;
}

/** The parts of a valibot schema that name keys; each kind has some of them. */
interface SchemaParts {
  readonly type: string;
  readonly entries?: Readonly<Record<string, GenericSchema>>;
  readonly item?: GenericSchema;
  readonly wrapped?: GenericSchema;
}

/** The schema beneath what makes it optional. */
export function coreOf(schema: GenericSchema): SchemaParts {
  const parts = schema as unknown as SchemaParts;
  return parts.wrapped === undefined ? parts : coreOf(parts.wrapped);
}

/** The keys of an object, with their schemas; undefined where any key is good. */
export function entriesOf(
  schema: GenericSchema | undefined,
): Readonly<Record<string, GenericSchema>> | undefined {
  return schema === undefined ? undefined : coreOf(schema).entries;
}

/** Every plugin's keys, by their folded names: in its object, and in `ipam`. */
export interface KnownKeys {
  readonly ofPlugins: ReadonlyMap<string, readonly string[]>;
  readonly ofIpam: ReadonlyMap<string, readonly string[]>;
  /** As they are spelt. */
  readonly spelling: ReadonlyMap<string, string>;
}

let known: Promise<KnownKeys> | undefined;

/** Which plugin types have which keys. */
export async function knownKeys(): Promise<KnownKeys> {
  known ??= gather();
  return await known;
}

async function gather(): Promise<KnownKeys> {
  const ofPlugins = new Map<string, string[]>();
  const ofIpam = new Map<string, string[]>();
  const spelling = new Map<string, string>();
  const note = (to: Map<string, string[]>, key: string, type: string): void => {
    const folded = foldKey(key);
    spelling.set(folded, key);
    to.set(folded, [...(to.get(folded) ?? []), type]);
  };
  for (const type of PLUGINS.keys()) {
    const entries = entriesOf(await schemaOf(type)) ?? {};
    const settings = isIpamType(entries) ? (entriesOf(entries["ipam"]) ?? {}) : {};
    for (const key of Object.keys(settings)) note(ofIpam, key, type);
    for (const key of Object.keys(entries)) note(ofPlugins, key, type);
  }
  return { ofPlugins, ofIpam, spelling };
}

/** Whether the keys are those of an IPAM plugin: it has all of its own in `ipam`. */
export function isIpamType(entries: Readonly<Record<string, GenericSchema>>): boolean {
  const [only, ...others] = Object.keys(entries);
  return only === "ipam" && others.length === 0 && !("type" in (entriesOf(entries["ipam"]) ?? {}));
}
