/** What a delegate is called with where that differs from the plugin's own call. */
import { defined } from "../base/index.ts";
import {
  atLeast,
  attachmentKey,
  CniError,
  checkIfName,
  checkNetworkName,
  ENV,
  type Environment,
  ErrorCode,
  field,
  invalidConfig,
  isObject,
  type JsonDocument,
  type JsonObject,
  type JsonValue,
  OLDEST,
  type Operation,
  pluginConfigFrom,
  printArgs,
  type Result,
  requestDocument,
  type ValidAttachment,
} from "../spec/index.ts";
import { OPERATION_SINCE } from "./gates.ts";

/** What a delegate gets in place of what the plugin was called with; what is absent or undefined stays as it came. */
export interface DelegateChanges {
  /**
   * The whole configuration, as an entry of `plugins` of a network has it. `cniVersion`, `name` and `type`
   * are filled in where it has none; what the runtime supplied reaches the delegate for the
   * `capabilities` that it declares, and what stands in its own `runtimeConfig` for the others.
   */
  readonly config?: JsonObject | undefined;
  /** The result so far; it is converted to the version of the configuration. */
  readonly prevResult?: Result | undefined;
  /**
   * `CNI_IFNAME`. In a GC, the containers of the valid attachments have this interface; under the name of
   * the plugin's own network they keep those that they have as well.
   */
  readonly ifName?: string | undefined;
  /** `CNI_ARGS`, all of them: `[...ctx.args, ["MAC", "…"]]` adds one. */
  readonly args?: readonly (readonly [string, string])[] | undefined;
  /** More variables of the environment. */
  readonly env?: Environment | undefined;
  /** For a GC: the delegate's own attachments that are still valid. */
  readonly validAttachments?: readonly ValidAttachment[] | undefined;
}

/** What the plugin itself was called with. */
export interface OwnCall {
  readonly stdin: JsonDocument;
  readonly config: JsonObject;
  readonly network: string;
  readonly prevResult: Result | undefined;
  readonly validAttachments: readonly ValidAttachment[] | undefined;
}

/** The environment of the delegate. */
export function variablesOf(env: Environment, changes: DelegateChanges): Environment {
  const { ifName, args, env: more } = changes;
  if (ifName !== undefined) checkIfName(ifName);
  if (ifName === undefined && args === undefined && more === undefined) return env;
  return {
    ...env,
    ...(ifName !== undefined && { [ENV.IFNAME]: ifName }),
    ...(args !== undefined && { [ENV.ARGS]: printArgs(args) }),
    ...more,
  };
}

/** Whether a delegate that is this very plugin would do what this call does. */
export function isSameCall({ config, ifName, args, prevResult, env }: DelegateChanges): boolean {
  return (config ?? ifName ?? args ?? prevResult ?? env?.[ENV.PATH]) === undefined;
}

/** Whether a delegate of that version knows the operation; one that does not cannot be asked. */
export function isKnownTo(
  own: OwnCall,
  { config }: DelegateChanges,
  operation: "CHECK" | "GC" | "STATUS",
): boolean {
  const since = OPERATION_SINCE[operation];
  return config === undefined || atLeast(versionOf(own, config) || OLDEST, since);
}

/** The request of the delegate: what the plugin was called with, to the byte, where nothing differs. */
export function requestOf(
  own: OwnCall,
  changes: DelegateChanges,
  type: string,
  operation: Operation,
): JsonDocument {
  const validAttachments = operation === "GC" ? validOf(own, changes) : undefined;
  const isOther =
    changes.config !== undefined ||
    changes.prevResult !== undefined ||
    (operation === "GC" && (changes.ifName ?? changes.validAttachments) !== undefined);
  if (!isOther || operation === "VERSION") return own.stdin;
  const config = changes.config ?? own.config;
  const name = nameOf(own, changes);
  if (typeof name !== "string") throw invalidConfig(`"name" of the delegate ${type} is no string`);
  checkNetworkName(name);
  const named = field(config, "type") === undefined ? { ...config, type } : config;
  const runtimeConfig = field(own.config, "runtimeConfig");
  const prevResult = changes.prevResult ?? own.prevResult;
  return requestDocument({ name, cniVersion: versionOf(own, config) }, pluginConfigFrom(named), {
    operation,
    ...defined({ prevResult, validAttachments }),
    ...(isObject(runtimeConfig) && { capabilityArgs: runtimeConfig }),
  });
}

function versionOf(own: OwnCall, config: JsonObject): string {
  const version = field(config, "cniVersion") ?? field(own.config, "cniVersion") ?? "";
  if (typeof version === "string") return version;
  throw invalidConfig(`"cniVersion" of a delegate's configuration is no string`);
}

/**
 * The parts with the lists that their GCs need: delegates of one network's name keep their attachments in
 * one place, so what is valid for one of them is valid for each.
 */
export function withValidOfAll<Part extends DelegateChanges>(
  own: OwnCall,
  parts: readonly Part[],
): readonly Part[] {
  const listed = parts.map((part) => ({ name: nameOf(own, part), valid: validOf(own, part) }));
  return parts.map((part, at) => {
    const { name, valid } = listed[at] ?? { name: undefined, valid: [] };
    const ofName = listed.filter((other) => other.name === name);
    const validAttachments = union(ofName.map((other) => other.valid));
    // A request that needs no other list goes on as it came.
    const isWhole = validAttachments.length === union([valid]).length;
    return part.validAttachments !== undefined || isWhole ? part : { ...part, validAttachments };
  });
}

function nameOf(own: OwnCall, { config }: DelegateChanges): JsonValue {
  return (config === undefined ? undefined : field(config, "name")) ?? own.network;
}

/** Without a list a delegate would remove everything. */
function validOf(own: OwnCall, changes: DelegateChanges): readonly ValidAttachment[] {
  if (changes.validAttachments !== undefined) return changes.validAttachments;
  const { validAttachments } = own;
  if (validAttachments === undefined) {
    const msg = "GC of a delegate needs the list of valid attachments, which only a GC brings";
    throw new CniError(ErrorCode.INTERNAL, msg);
  }
  const { ifName } = changes;
  if (ifName === undefined) return validAttachments;
  const derived = validAttachments.map(({ containerId }) => ({ containerId, ifName }));
  // Under the network's own name there may be attachments of the other interfaces too.
  return union(nameOf(own, changes) === own.network ? [validAttachments, derived] : [derived]);
}

function union(lists: readonly (readonly ValidAttachment[])[]): ValidAttachment[] {
  const network = "";
  const each = lists.flat().map((one) => [attachmentKey({ network, ...one }), one] as const);
  return [...new Map(each).values()];
}
