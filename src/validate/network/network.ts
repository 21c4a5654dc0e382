/** A file as a network, as far as it can be read. */
import type { Node } from "jsonc-parser";
import type { GenericSchema } from "valibot";
import { schemaOf } from "../../plugins/registry/index.ts";
import type { Findings } from "../findings.ts";
import { elementsOf, memberOf, textOf } from "../text/tree.ts";

/** One plugin of a network, with the places of what it says. */
export interface PluginNode {
  readonly node: Node;
  /** Empty where it has none. */
  readonly type: string;
  /** What names it in the file: its type, or else its whole object. */
  readonly name: Node;
  /** Undefined for a plugin of others. */
  readonly schema: GenericSchema | undefined;
  readonly ipam: IpamNode | undefined;
}

/** The object `ipam` of a plugin. */
export interface IpamNode {
  readonly node: Node;
  /** Empty where it has none. */
  readonly type: string;
  readonly name: Node;
  /** Of its settings, without the type; undefined for a plugin of others, and without a type. */
  readonly schema: GenericSchema | undefined;
}

/** A file that was judged. */
export interface JudgedFile {
  readonly file: string;
  readonly findings: Findings;
  /** Absent where the file could not be read. */
  readonly network?: NetworkNode;
  /** Why libcni, and so every other runtime, does not take the file; absent where it does. */
  readonly refusal?: string;
}

export interface NetworkNode {
  readonly root: Node;
  readonly text: string;
  /** Whether it has `plugins`, and is no single plugin's object. */
  readonly isList: boolean;
  /** Empty where it has none. */
  readonly name: string;
  /** What names the network in the file; the whole object where nothing does. */
  readonly nameNode: Node;
  /** As the runtime selects it; empty where none is named. */
  readonly cniVersion: string;
  readonly plugins: readonly PluginNode[];
}

/** Reads the plugins of a tree, or the one plugin that it is. */
export async function pluginsOf(root: Node): Promise<PluginNode[]> {
  const list = memberOf(root, "plugins")?.value;
  const nodes = list === undefined ? [root] : elementsOf(list);
  return await Promise.all(nodes.filter(({ type }) => type === "object").map(pluginOf));
}

async function pluginOf(node: Node): Promise<PluginNode> {
  const type = textOf(node, "type") ?? "";
  const name = memberOf(node, "type")?.value ?? node;
  const schema = await schemaOf(type);
  return { node, type, name, schema, ipam: await ipamOf(node) };
}

async function ipamOf(plugin: Node): Promise<IpamNode | undefined> {
  const node = memberOf(plugin, "ipam")?.value;
  if (node?.type !== "object") return undefined;
  const type = textOf(node, "type") ?? "";
  const whole = (await schemaOf(type)) as { entries?: Record<string, GenericSchema> } | undefined;
  const schema = whole?.entries?.["ipam"];
  return { node, type, name: memberOf(node, "type")?.value ?? node, schema };
}
