/** Values that a plugin refuses: its own definitions and its own parser say which. */
import type { Node } from "jsonc-parser";
import type { GenericSchema } from "valibot";
import { type Mistake, mistakesOf } from "../../plugin/index.ts";
import {
  type CniError,
  ErrorCode,
  foldKey,
  isObject,
  isSpecVersion,
  type JsonObject,
  type JsonValue,
  LATEST,
} from "../../spec/index.ts";
import type { Edit, Span } from "../diagnostic.ts";
import type { Findings } from "../findings.ts";
import { entriesOf, OVERWRITTEN_KEYS, PLUGIN_KEYS } from "../keys/known.ts";
import type { NetworkNode, PluginNode } from "../network/network.ts";
import { follow, jsonOf, memberOf, membersOf } from "../text/tree.ts";
import { refusalOf } from "./ask.ts";
import { mistakenParts, type Parser } from "./culprit.ts";

/** The codes of mistakes that are the configuration's; others are the machine's. */
const OF_CONFIGURATION: ReadonlySet<number> = new Set([
  ErrorCode.UNSUPPORTED_FIELD,
  ErrorCode.INVALID_ENVIRONMENT_VARIABLES,
  ErrorCode.INVALID_NETWORK_CONFIG,
]);

const PREFIX = /^invalid configuration: /u;
const OTHERWISE = "write another value, or leave the key out";

/**
 * Adds what a plugin, and the IPAM plugin that it names, refuse of the configuration.
 * @param wrong parts of which something is known already
 */
export async function judgeValues(
  findings: Findings,
  network: NetworkNode,
  plugin: PluginNode,
  wrong: Set<Node>,
): Promise<void> {
  if (plugin.schema === undefined) return;
  const { node, type, ipam } = plugin;
  const aside = asideOf(plugin);
  const config = (parts: ReadonlySet<Node>, version: string): JsonObject =>
    requestOf(network, jsonOf(node, network.text, new Set([...aside, ...parts])), version);
  const hasBadRanges = wrong.size > 0;
  judgeTypes(findings, network, plugin, { aside, wrong });
  const types = ipam?.schema === undefined ? [type] : [type, ipam.type];
  for (const each of types) {
    const version = await judgeVersion(findings, network, plugin, each);
    const parse: Parser = async (parts) => await ofConfiguration(each, config(parts, version));
    const root = each === type ? node : (ipam?.node ?? node);
    const before = wrong.size;
    const found = await mistakenParts(root, parse, wrong);
    if (each === "host-local" && (hasBadRanges || wrong.size > before)) {
      // Ranges are read first: with others in their place, what stands behind them is read as well.
      const parseRest: Parser = async (parts) =>
        await ofConfiguration(each, withGoodRanges(config(parts, version)));
      found.push(...(await mistakenParts(root, parseRest, wrong)));
    }
    for (const { error, part } of found) {
      if (part === undefined) addMissing(findings, plugin, each, error);
      else addImpossible(findings, each, part, error);
    }
  }
}

/**
 * What stands on this machine, and what only a runtime fills in, is not the file's mistake; keys that
 * nothing reads cannot be one of the parser's.
 */
function asideOf({ node, schema, ipam }: PluginNode): Set<Node> {
  const members = [
    memberOf(node, "runtimeConfig"),
    memberOf(node, "prevResult"),
    memberOf(ipam?.node, "resolvConf"),
  ];
  return new Set([
    ...members.flatMap((member) => (member === undefined ? [] : [member.property])),
    ...unread(node, [...PLUGIN_KEYS, ...OVERWRITTEN_KEYS], schema),
    ...unread(ipam?.node, ["type"], ipam?.schema),
  ]);
}

/** The members of an object that neither its schema nor a runtime knows. */
function unread(
  object: Node | undefined,
  common: readonly string[],
  schema: GenericSchema | undefined,
): Node[] {
  const entries = entriesOf(schema);
  if (entries === undefined) return [];
  // Every plugin may look at what IPAM is given, and at the resolver's settings.
  const read = new Set([...Object.keys(entries), ...common, "ipam", "dns"].map(foldKey));
  return membersOf(object).flatMap(({ name, property }) =>
    read.has(foldKey(name)) ? [] : [property],
  );
}

interface LeftOut {
  readonly aside: ReadonlySet<Node>;
  readonly wrong: Set<Node>;
}

/** Adds what does not fit the definitions: all of it at once. */
function judgeTypes(
  findings: Findings,
  network: NetworkNode,
  plugin: PluginNode,
  { aside, wrong }: LeftOut,
): void {
  const { node, schema, ipam } = plugin;
  const objects = [
    { object: node, schema, where: "" },
    { object: ipam?.node, schema: ipam?.schema, where: "ipam" },
  ];
  for (const { object, schema: definition, where } of objects) {
    if (object === undefined || definition === undefined) continue;
    const without = new Set([...aside, ...wrong]);
    const value = jsonOf(object, network.text, without);
    for (const mistake of mistakesOf(definition, value, where)) {
      addMistake(findings, plugin, follow(object, mistake.path, without), mistake, wrong);
    }
  }
}

/**
 * Adds that a plugin does not support the network's version.
 * @returns the version by which its values can be judged
 */
async function judgeVersion(
  findings: Findings,
  network: NetworkNode,
  plugin: PluginNode,
  type: string,
): Promise<string> {
  const version = known(network.cniVersion);
  const error = await refusalOf(type, requestOf(network, {}, version));
  if (error?.code !== ErrorCode.INCOMPATIBLE_CNI_VERSION) return version;
  const span = type === plugin.ipam?.type ? plugin.ipam.name : plugin.name;
  findings.add("version-too-old-for-plugin", span, {
    message: `${type} does not support version ${version === "" ? "0.1.0" : version}`,
    help: `write a newer "cniVersion": ${error.details ?? `up to ${LATEST}`}`,
  });
  return LATEST;
}

async function ofConfiguration(type: string, config: JsonObject): Promise<CniError | undefined> {
  const error = await refusalOf(type, config);
  return error !== undefined && OF_CONFIGURATION.has(error.code) ? error : undefined;
}

/** A subnet for examples (RFC 5737). */
const GOOD_SUBNET = "198.51.100.0/24";

function withGoodRanges(config: JsonObject): JsonObject {
  const { ipam } = config;
  if (!isObject(ipam)) return config;
  const rest = Object.entries(ipam).filter(([key]) => !/^(?:subnet|range.*|gateway)$/iu.test(key));
  return { ...config, ipam: { ...Object.fromEntries(rest), ranges: [[{ subnet: GOOD_SUBNET }]] } };
}

/** The configuration as the plugin gets it, under the network's name where that can be one. */
function requestOf({ name }: NetworkNode, value: JsonValue, cniVersion: string): JsonObject {
  const config = isObject(value) ? value : {};
  return {
    ...config,
    name: /^[\w.-]+$/u.test(name) ? name : "network",
    cniVersion,
  };
}

/** A version that there is not has a finding of its own. */
function known(version: string): string {
  return version === "" || isSpecVersion(version) ? version : LATEST;
}

function addMistake(
  findings: Findings,
  plugin: PluginNode,
  found: { part: Node; value: Node } | undefined,
  { path, kind, error }: Mistake,
  without: Set<Node>,
): void {
  const message = error.msg.replace(PREFIX, "");
  if (kind === "missing") {
    const parent = follow(plugin.node, path.slice(0, -1))?.value;
    const span = found?.value ?? (parent === plugin.node ? plugin.name : parent);
    findings.add("missing-key", span && spanOf(span), { message, help: "add the key" });
    if (found !== undefined) without.add(found.part);
    return;
  }
  if (found === undefined) return;
  const { part, value } = found;
  without.add(part);
  if (kind === "value") {
    findings.add("impossible-value", spanOf(value), { message, help: error.details ?? OTHERWISE });
    return;
  }
  const fix = retyped(value, message);
  findings.add("wrong-type", spanOf(value), {
    message,
    help: fix === undefined ? "write a value of that type" : `write ${fix.text}`,
    fix: fix && [fix],
  });
}

/** The value that stands in quotes and was meant without, or the reverse. */
function retyped({ type, offset, length, value }: Node, message: string): Edit | undefined {
  const text = String(value).trim();
  const wants = (what: string): boolean => message.includes(`expected a ${what}`);
  if (type === "string" && wants("boolean") && /^(?:true|false)$/iu.test(text)) {
    return { offset, length, text: text.toLowerCase() };
  }
  const isNumber = wants("number") || wants("whole number");
  if (type === "string" && isNumber && /^(?:0|-?[1-9]\d{0,14})$/u.test(text)) {
    return { offset, length, text };
  }
  if ((type === "number" || type === "boolean") && wants("string")) {
    return { offset, length, text: JSON.stringify(text) };
  }
  return undefined;
}

function addImpossible(findings: Findings, type: string, part: Node, error: CniError): void {
  const value = part.type === "property" ? (part.children?.[1] ?? part) : part;
  const { msg, details, advice } = error;
  findings.add("impossible-value", spanOf(value), {
    message: `${type} refuses it: ${msg.replace(PREFIX, "")}`,
    help: advice ?? details ?? OTHERWISE,
  });
}

/** An object or a list is shown by its first bracket alone. */
function spanOf({ type, offset, length }: Node): Span {
  return { offset, length: type === "object" || type === "array" ? 1 : length };
}

function addMissing(findings: Findings, plugin: PluginNode, type: string, error: CniError): void {
  // What the configuration leaves out may come with the container.
  const declared = membersOf(memberOf(plugin.node, "capabilities")?.value)
    .filter(({ value }) => value.value === true)
    .map(({ name }) => name);
  const gives = type === "host-local" ? declared.includes("ipRanges") : declared.length > 0;
  if (gives) return;
  const span =
    plugin.ipam !== undefined && type === plugin.ipam.type ? plugin.ipam.name : plugin.name;
  const { msg, details } = error;
  findings.add("missing-key", spanOf(span), {
    message: `${type} needs more: ${msg.replace(PREFIX, "")}`,
    help:
      details ??
      `add what it needs; \`hawser validate --rules\` and the plugin's README name the keys`,
  });
}
