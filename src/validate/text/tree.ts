/** The tree of a JSON text, with the place of each part. */
import type { Node } from "jsonc-parser";
import { foldKey, type JsonObject, type JsonValue, parseJson, setField } from "../../spec/index.ts";

/** Parts that are taken for absent. */
export type Without = ReadonlySet<Node>;

/** A member of an object. */
export interface Member {
  /** The whole of it: what is left out when it is taken for absent. */
  readonly property: Node;
  readonly name: string;
  readonly key: Node;
  readonly value: Node;
}

export const NOTHING: Without = new Set();

/** The members of an object, in their order, each key as often as it stands there. */
export function membersOf(node: Node | undefined): Member[] {
  if (node?.type !== "object") return [];
  return (node.children ?? []).flatMap((property) => {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) return [];
    return [{ property, name: String(key.value), key, value }];
  });
}

/** The elements of a list. */
export function elementsOf(node: Node | undefined): Node[] {
  return node?.type === "array" ? [...(node.children ?? [])] : [];
}

/** The member that a decoder takes: the exact key, else one of another case, and of several the last. */
export function memberOf(
  node: Node | undefined,
  name: string,
  without: Without = NOTHING,
): Member | undefined {
  const members = membersOf(node).filter(({ property }) => !without.has(property));
  const folded = foldKey(name);
  return (
    members.findLast((member) => member.name === name) ??
    members.findLast((member) => foldKey(member.name) === folded)
  );
}

/** The value of a key that is text; undefined for any other. */
export function textOf(node: Node | undefined, name: string): string | undefined {
  const value = memberOf(node, name)?.value;
  return value?.type === "string" ? String(value.value) : undefined;
}

/** Follows keys and indexes; gives the member or element at their end, and what names it. */
export function follow(
  node: Node,
  path: readonly (string | number)[],
  without: Without = NOTHING,
): { readonly part: Node; readonly value: Node } | undefined {
  let found: { part: Node; value: Node } = { part: node, value: node };
  for (const step of path) {
    const { value } = found;
    if (typeof step === "number" && value.type === "array") {
      const element = elementsOf(value).filter((each) => !without.has(each))[step];
      if (element === undefined) return undefined;
      found = { part: element, value: element };
    } else {
      const member = memberOf(value, String(step), without);
      if (member === undefined) return undefined;
      found = { part: member.property, value: member.value };
    }
  }
  return found;
}

/** The value of a tree, numbers to the digit; parts may be taken for absent. */
export function jsonOf(node: Node, text: string, without: Without = NOTHING): JsonValue {
  if (node.type === "object") {
    const object: JsonObject = {};
    for (const { property, name, value } of membersOf(node)) {
      if (!without.has(property)) setField(object, name, jsonOf(value, text, without));
    }
    return object;
  }
  if (node.type === "array") {
    return elementsOf(node)
      .filter((element) => !without.has(element))
      .map((element) => jsonOf(element, text, without));
  }
  if (node.type === "number") return numberAt(node, text);
  return node.value as JsonValue; // a text, a truth value or null
}

function numberAt({ offset, length, value }: Node, text: string): JsonValue {
  try {
    return parseJson(text.slice(offset, offset + length));
  } catch {
    return Number(value); // a number that JSON does not know is an error of the text
  }
}
