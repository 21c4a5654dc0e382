import fc from "fast-check";
import { type Kind, SUBJECTS, type Subject } from "../../faults/keys.ts";
import { formsOf, LIST_FORMS, PLUGIN_FORMS, TEXT_FORMS } from "./forms.ts";
import { at, isMembers, type Members, pathsOf, print, put, rename, type Value } from "./json.ts";
import { goodValues } from "./values.ts";

/** Configurations out of the keys of all plugins, each changed in one to three ways. */

/** A file, and what was done to it. */
export interface Configuration {
  /** The plugin that it is about. */
  readonly type: string;
  readonly network: string;
  readonly text: string;
  readonly capabilityArgs: Members;
  /** For people: what differs from an ordinary configuration. */
  readonly changes: readonly string[];
}

export const NETWORK = "gennet";

/** The first seed; the same numbers give the same files. */
const SEED = 2026;

interface Draft {
  readonly subject: Subject;
  list: Value;
  text: ((text: string) => string)[];
  readonly changes: string[];
}

type Change = (draft: Draft, pick: Pick) => void;

/** Chooses one of several, by the generated numbers. */
type Pick = <T>(items: readonly T[]) => T;

const BRIDGE: Members = {
  ...{ type: "bridge", bridge: "br0", isGateway: true },
  ipam: {
    ...{ type: "host-local", ranges: [[{ subnet: "10.9.0.0/24" }]] },
    routes: [{ dst: "0.0.0.0/0" }],
  },
};
const VERSIONS = ["1.0.0", "1.0.0", "1.1.0", "0.4.0", "0.3.1"];
const IPAM = ["host-local", "static", "dhcp"];
const CHAINED = ["tuning", "bandwidth", "portmap", "sbr", "vrf", "firewall"];

/** Those that the Go plugins have, too. */
const PEERS = SUBJECTS.filter(({ type }) => type !== "cluster");

/** Values that the runtime hands on where the plugin can take them. */
const CAPABILITIES: Readonly<Record<string, readonly string[]>> = {
  bridge: ["mac", "ips"],
  portmap: ["portMappings"],
  bandwidth: ["bandwidth"],
  tuning: ["mac"],
  "host-local": ["ips"],
};

/** The configuration of one seed. */
export function configurations(count: number): Configuration[] {
  const numbers = fc.array(fc.noBias(fc.nat()), { minLength: 64, maxLength: 64 });
  return fc.sample(numbers, { seed: SEED, numRuns: count }).map((drawn, index) => {
    let next = 0;
    const pick: Pick = (items) => {
      const item = items[(drawn[next++ % drawn.length] ?? 0) % items.length];
      if (item === undefined) throw new Error("nothing to choose from");
      return item;
    };
    return make(PEERS[index % PEERS.length] as Subject, pick);
  });
}

function make(subject: Subject, pick: Pick): Configuration {
  const draft: Draft = { subject, list: listOf(subject, pick), text: [], changes: [] };
  const count = pick([1, 1, 1, 2, 2, 3]);
  for (let done = 0; done < count; done++) pick(CHANGES)(draft, pick);
  let text = print(draft.list);
  for (const change of draft.text) text = change(text);
  return {
    ...{ type: subject.type, network: NETWORK, text, changes: draft.changes },
    capabilityArgs: capabilityArgsOf(subject),
  };
}

/** An ordinary network with the plugin in it. */
function listOf({ type, config }: Subject, pick: Pick): Value {
  const { prevResult: _previous, runtimeConfig: _given, ...own } = config as Members;
  const declared = Object.fromEntries((CAPABILITIES[type] ?? []).map((name) => [name, true]));
  const capabilities = type in CAPABILITIES ? { capabilities: declared } : {};
  const named = type === "host-device" ? { device: "dev5" } : {};
  const itself = { type, ...own, ...named, ...capabilities };
  const plugins = CHAINED.includes(type)
    ? [BRIDGE, itself]
    : IPAM.includes(type)
      ? [{ ...BRIDGE, ...own, ...capabilities }]
      : [itself];
  return { cniVersion: pick(VERSIONS), name: NETWORK, plugins: plugins as readonly Value[] };
}

function capabilityArgsOf({ type }: Subject): Members {
  if (type !== "portmap") return {};
  return { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }] };
}

/** The path of the plugin in its list. */
function placeOf({ type }: Subject): string[] {
  return ["plugins", CHAINED.includes(type) ? "1" : "0"];
}

/** A key of the plugin, by its path within the plugin; those of the runtime are not a file's. */
function keyOf({ keys }: Subject, pick: Pick): [path: string[], kind: Kind] {
  const own = Object.entries(keys).filter(([path]) => !path.startsWith("runtimeConfig"));
  const [path, kind] = pick(own);
  return [path.split("."), kind];
}

function setKey(draft: Draft, pick: Pick, forms: (path: string[], kind: Kind) => Value): void {
  const [path, kind] = keyOf(draft.subject, pick);
  const value = forms(path, kind);
  draft.list = put(draft.list, [...placeOf(draft.subject), ...path], value);
  draft.changes.push(`${path.join(".")}: ${print(value).replaceAll(/\s+/g, " ")}`);
}

const good: Change = (draft, pick) => {
  setKey(draft, pick, (path, kind) => pick(goodValues(path, kind)));
};

const oddForm: Change = (draft, pick) => {
  setKey(draft, pick, (path, kind) => pick(formsOf(kind, pick(goodValues(path, kind)))));
};

const otherCase: Change = (draft, pick) => {
  const all = pathsOf(draft.list).filter((each) => !/^\d+$/.test(each.at(-1) ?? ""));
  const path = pick([["type"], ...all]);
  const key = path.at(-1) ?? "";
  const upper = key.slice(0, 1).toUpperCase() + key.slice(1);
  const spelling = pick([key.toUpperCase(), key.toLowerCase(), upper]);
  draft.list = rename(draft.list, path, spelling);
  draft.changes.push(`${path.join(".")} is spelt ${spelling}`);
};

const nothing: Change = (draft, pick) => {
  const path = pick([["plugins"], ...pathsOf(draft.list)]);
  draft.list = put(draft.list, path, null);
  draft.changes.push(`${path.join(".")}: null`);
};

const twice: Change = (draft, pick) => {
  const all = pathsOf(draft.list).filter((each) => isMembers(at(draft.list, each)));
  const path = pick([[], ...all]);
  const members = at(draft.list, path);
  const key = pick(["key", ...Object.keys(isMembers(members) ? members : {})]);
  const spelling = pick([key.toUpperCase(), key.slice(0, 1).toUpperCase() + key.slice(1)]);
  const value = pick<Value>([null, "", 7, "other"]);
  draft.list = put(draft.list, [...path, spelling], value);
  draft.changes.push(`${path.join(".")} has ${spelling} too: ${print(value)}`);
};

const listForm: Change = (draft, pick) => {
  const key = pick(Object.keys(LIST_FORMS));
  const value = pick(LIST_FORMS[key] ?? []);
  draft.list = put(draft.list, [key], value);
  draft.changes.push(`the list's ${key}: ${print(value).replaceAll(/\s+/g, " ")}`);
};

const pluginForm: Change = (draft, pick) => {
  const key = pick(Object.keys(PLUGIN_FORMS));
  const value = pick(PLUGIN_FORMS[key] ?? []);
  draft.list = put(draft.list, [...placeOf(draft.subject), key], value);
  draft.changes.push(`the plugin's ${key}: ${print(value).replaceAll(/\s+/g, " ")}`);
};

const textForm: Change = (draft, pick) => {
  const name = pick(Object.keys(TEXT_FORMS));
  const change = TEXT_FORMS[name];
  if (change !== undefined) draft.text.push(change);
  draft.changes.push(`the file has ${name}`);
};

/** As often as they stand here. */
const CHANGES: readonly Change[] = [
  ...[good, good, good, good, good, oddForm, oddForm, oddForm],
  ...[otherCase, nothing, nothing, twice, listForm, pluginForm, textForm],
];
