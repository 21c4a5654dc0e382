/** What is wrong with a list, or a single plugin's object, as libcni's own reading judges it. */
import type { Node } from "jsonc-parser";
import {
  CniError,
  isObject,
  isSpecVersion,
  type JsonValue,
  LATEST,
  networkConfigFrom,
  pluginConfigFrom,
  SPEC_VERSIONS,
  upconvert,
} from "../../spec/index.ts";
import type { Edit } from "../diagnostic.ts";
import type { Findings } from "../findings.ts";
import { elementsOf, jsonOf, memberOf, membersOf } from "../text/tree.ts";
import { mistakenParts } from "../values/culprit.ts";

/** What every message of the list's parser begins with. */
const PREFIX = /^(?:error parsing configuration(?: list)?: |failed to parse plugin config \d+: )+/u;

/** Adds what the specification's own reading refuses, and versions that there are not. */
export async function judgeList(findings: Findings, root: Node, isList: boolean): Promise<void> {
  const { text } = findings.source;
  if (root.type !== "object") {
    const message = "a network's configuration is an object, and this is none";
    const help = 'write { "cniVersion": "1.1.0", "name": "…", "plugins": [ … ] }';
    findings.add("wrong-type", { offset: root.offset, length: 1 }, { message, help });
    return;
  }
  const without = new Set<Node>();
  judgeName(findings, root, without);
  judgeVersions(findings, root, without);
  judgePlugins(findings, root, isList, without);
  const parse = async (parts: ReadonlySet<Node>): Promise<CniError | undefined> =>
    refusal(withStandIns(jsonOf(root, text, parts)), isList);
  for (const { error, part } of await mistakenParts(root, parse, without)) {
    const message = error.msg.replace(PREFIX, "");
    const value = part?.type === "property" ? part.children?.[1] : part;
    if (value === undefined) findings.add("missing-key", head(root), { message });
    else findings.add("wrong-type", value, { message, help: "see the specification, section 1" });
  }
}

function head({ offset }: Node): { offset: number; length: number } {
  return { offset, length: 1 };
}

/** What was found wrong already is read as if it were well. */
function withStandIns(value: JsonValue): JsonValue {
  return isObject(value) ? { ...value, name: "network" } : value;
}

function refusal(value: JsonValue, isList: boolean): CniError | undefined {
  try {
    if (isList) networkConfigFrom(value, "");
    else upconvert(pluginConfigFrom(value));
    return undefined;
  } catch (error) {
    return CniError.from(error);
  }
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/u;

function judgeName(findings: Findings, root: Node, without: Set<Node>): void {
  const member = memberOf(root, "name");
  if (member === undefined) {
    findings.add("missing-key", head(root), {
      message: 'the network has no "name"',
      help: 'add "name": it tells its attachments and addresses from those of other networks',
    });
    return;
  }
  without.add(member.property);
  const { type } = member.value;
  const value = String(member.value.value);
  if (type !== "string") {
    const message = `"name" is ${type === "null" ? "null" : `a ${type}`}, expected a string`;
    findings.add("wrong-type", member.value, { message, help: "write a name in quotes" });
  } else if (!NAME.test(value)) {
    findings.add("impossible-value", member.value, {
      message: `${JSON.stringify(value)} cannot be the name of a network`,
      help: "it begins with a letter or a digit, and goes on with these, dots, hyphens and underscores",
    });
  }
}

function judgeVersions(findings: Findings, root: Node, without: Set<Node>): void {
  const single = memberOf(root, "cniVersion");
  const several = memberOf(root, "cniVersions");
  if (single === undefined && several === undefined) {
    findings.add("missing-version", head(root), {
      message: 'the network has no "cniVersion", and is taken for one of 0.1.0',
      help: `add "cniVersion": "${LATEST}", or what your runtime and plugins support`,
    });
  }
  if (single !== undefined) {
    without.add(single.property);
    judgeVersion(findings, single.value);
  }
  for (const each of elementsOf(several?.value)) {
    if (each.type === "string") judgeVersion(findings, each);
  }
}

function judgeVersion(findings: Findings, node: Node): void {
  const { type } = node;
  const written =
    type === "number"
      ? findings.source.text.slice(node.offset, node.offset + node.length)
      : String(node.value);
  if (type === "string" && (written === "" || isSpecVersion(written))) return;
  const meant = SPEC_VERSIONS.find((version) => version === `${written}.0` || version === written);
  const fix: Edit | undefined =
    meant === undefined
      ? undefined
      : { offset: node.offset, length: node.length, text: JSON.stringify(meant) };
  findings.add(type === "string" ? "unknown-version" : "wrong-type", node, {
    message:
      type === "string"
        ? `there is no version ${JSON.stringify(written)} of the specification`
        : '"cniVersion" is no string',
    help: fix === undefined ? `write one of ${SPEC_VERSIONS.join(", ")}` : `write ${fix.text}`,
    fix: fix && [fix],
  });
}

function judgePlugins(findings: Findings, root: Node, isList: boolean, without: Set<Node>): void {
  const member = memberOf(root, "plugins");
  if (!isList || member === undefined || member.value.type !== "array") return;
  if (elementsOf(member.value).length === 0) {
    without.add(member.property);
    findings.add("missing-key", member.value, {
      message: "the list has no plugins",
      help: 'name at least one in "plugins", such as { "type": "bridge", … }',
    });
  }
  for (const element of elementsOf(member.value)) {
    if (element.type !== "object") {
      without.add(element);
      findings.add("wrong-type", element, {
        message: `a plugin is an object, and this is ${element.type === "null" ? "null" : `a ${element.type}`}`,
        help: 'write { "type": "…" }',
      });
    } else if (memberOf(element, "type") === undefined) {
      without.add(element);
      const names = membersOf(element).map(({ name }) => name);
      const near = names.find((name) => /^(?:typ|tpye|tyep|plugin|kind|ty+pe+)$/iu.test(name));
      findings.add("missing-key", head(element), {
        message: `the plugin has no "type"${near === undefined ? "" : `, but "${near}"`}`,
        help: 'add "type": it names the executable',
      });
    }
  }
}
