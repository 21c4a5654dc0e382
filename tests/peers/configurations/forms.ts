import type { Kind } from "../../faults/keys.ts";
import { print, Raw, type Value } from "./json.ts";

/** The forms in which people write a value of each kind: right ones, near misses, and leftovers. */

/** What a chart or a script leaves when its values are missing. */
const TEMPLATES = ["{{ .Values.net }}", "$NETWORK", "<no value>", "__CNI_MTU__", "$(cat mtu)"];

/** By the value, and by it as text. */
const FORMS: Readonly<Record<Kind, (value: Value, text: string) => readonly Value[]>> = {
  whole: (_value, text) => [
    ...[new Raw(`${text}.0`), new Raw(`${text}e0`), new Raw(`${text}.5`), new Raw(`-${text}`)],
    ...[text, new Raw("1e400"), new Raw("0x5dc"), new Raw("01400"), new Raw("+1")],
    ...[new Raw("4294967296"), new Raw("9223372036854775808"), 0, null, true, "", [], {}],
    ...[new Raw("{{ .Values.mtu }}"), "{{ .Values.mtu }}"],
  ],
  fraction: (value, text) => [value, text, null],
  boolean: (value, text) => [
    ...[text, "True", "yes", "", 1, 0, null, [], {}],
    ...[new Raw("True"), new Raw("yes"), new Raw("{{ .Values.on }}"), !value],
  ],
  string: (value, text) => [
    ...[null, 7, new Raw("1.0"), true, "", [], {}, [value], ` ${text}`, `${text} `],
    ...[text.toUpperCase(), `${text}\n`, `${text}é`, new Raw("'text'"), new Raw("text")],
    ...TEMPLATES,
  ],
  array: (value) => [null, {}, [], "", "text", 7, [null], [value], [[]]],
  object: () => [null, [], {}, "", "text", 7, true],
};

/** The forms of a value of a kind. */
export function formsOf(kind: Kind, value: Value): readonly Value[] {
  return FORMS[kind](value, typeof value === "string" ? value : print(value));
}

/** What happens to whole files. */
export const TEXT_FORMS: Readonly<Record<string, (text: string) => string>> = {
  "a byte order mark": (text) => `\uFEFF${text}`,
  "carriage returns": (text) => text.replaceAll("\n", "\r\n"),
  tabs: (text) => text.replaceAll("  ", "\t"),
  "one line": (text) => text.replaceAll(/\n\s*/g, ""),
  "a comment of a line": (text) => text.replace("{\n", "{\n  // the pod network\n"),
  "a comment of a shell": (text) => `# the pod network\n${text}`,
  "a comment within": (text) => text.replace('"plugins"', '/* chain */ "plugins"'),
  "a comma too many": (text) => text.replace(/\n(\s*)\]\n/, ",\n$1]\n"),
  "a comma too few": (text) => text.replace(/,\n/, "\n"),
  "text behind": (text) => `${text}\n---\n`,
  "a second document": (text) => `${text}\n${text}`,
  "a NUL behind": (text) => `${text}\u0000`,
  "white space around": (text) => `\n\n  ${text}\n\n`,
  "the first half": (text) => text.slice(0, Math.floor(text.length / 2)),
  "a template around": (text) => `{{- if .Values.cni }}\n${text}\n{{- end }}\n`,
  "single quotes": (text) => text.replaceAll('"', "'"),
  "curly quotes": (text) => text.replace(/"([^"]*)"/, "“$1”"),
  "a key twice": (text) => text.replace('"type"', '"type": "loopback",\n      "type"'),
  "a name twice": (text) => text.replace('"name"', '"name": "other",\n  "name"'),
  "keys of YAML": (text) => text.replaceAll(/"(\w+)":/g, "$1:"),
};

/** What stands in a list beside its plugins, each written in a wrong or unusual way. */
export const LIST_FORMS: Readonly<Record<string, readonly Value[]>> = {
  cniVersion: [
    ...[null, "", "1.0", new Raw("1.0"), "v1.0.0", " 1.0.0", "1.0.0 ", "9.9.9", "1.1.1", 1],
    ...["latest", "0.3.1", "{{ .Values.version }}", "1.0.0-rc1", "01.0.0", "0.4", []],
  ],
  name: [
    null,
    "",
    "a b",
    "a/b",
    ".",
    "ünet",
    "x".repeat(300),
    7,
    "{{ .Release.Name }}",
    [],
    "-net",
  ],
  plugins: [null, {}, [], "bridge", [null], [{}], [7], [[]], { type: "loopback" }],
  disableCheck: [true, "true", "false", 1, null, "yes", [], false, ""],
  disableGC: [true, "true", 1, null, "no"],
  loadOnlyInlinedPlugins: [true, "true", null, 1],
  cniVersions: [["1.0.0", "1.1.0"], [], null, ["9.9.9"], "1.1.0", [null], ["latest"]],
  args: [null, {}, [], { cni: null }, { cni: { ips: ["10.9.0.7"] } }],
  comment: ["text", null, 7],
  type: ["bridge", null, ""],
};

/** What a plugin of a list may have beside its own keys. */
export const PLUGIN_FORMS: Readonly<Record<string, readonly Value[]>> = {
  type: [null, "", "Bridge", "bridge ", "./bridge", 7, "{{ .Values.type }}", "nope"],
  capabilities: [null, {}, [], { mac: "true" }, { mac: null }, { mac: 1 }, "mac", { "": true }],
  name: ["other", null, 7, ""],
  cniVersion: ["0.2.0", null, 7, "9.9.9"],
  runtimeConfig: [null, {}, [], "text", { mac: "02:00:00:00:00:09" }],
  prevResult: [null, {}, [], { cniVersion: "1.0.0" }, { ips: [{ address: "10.9.0.9/24" }] }],
  args: [null, {}, [], "text", { cni: null }, { cni: [] }],
  unknownKey: [null, 7, { a: [1.5, "x"] }, "text"],
};
