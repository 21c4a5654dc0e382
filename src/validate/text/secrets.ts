/** Passwords and keys in a file: found by what they are called, or by how they begin. */
import type { Node } from "jsonc-parser";
import type { Findings } from "../findings.ts";
import type { Source } from "./source.ts";
import { elementsOf, membersOf } from "./tree.ts";

const NAME = /passw(?:or)?d|passphrase|secret|token|api_?key|private_?key|access_?key|credential/iu;
/** Names that speak of a secret's place, and not of itself. */
const PLACE = /(?:path|file|dir|name|ref|id|type|mode|url|ttl|expiry|endpoint)s?$/iu;
const VALUE = /-----BEGIN [A-Z ]*PRIVATE KEY-----|^eyJ[\w-]{16,}\.[\w-]+\.[\w-]+$/u;
/** Readable by others than owner and group. */
const OTHERS = 0o004;

/** A key and its text; in a text whose syntax is broken as well. */
const PAIR = /"([^"\\\n]{1,64})"\s*:\s*"((?:[^"\\\n]|\\.)*)"?/gu;

/** Keeps secrets from being shown with any finding, whether or not the text can be read. */
export function hideSecrets(source: Source): void {
  for (const { 0: pair, 1: name = "", 2: value = "", index } of source.text.matchAll(PAIR)) {
    if (!isSecret(name, value)) continue;
    const offset = index + pair.length - value.length - (pair.endsWith('"') ? 1 : 0);
    source.secrets.push({ offset, length: value.length });
  }
}

/** Adds secrets, those too that stand in lists. */
export function addSecrets(findings: Findings, root: Node): void {
  const { source } = findings;
  const open: { node: Node; name: string }[] = [{ node: root, name: "" }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, name } = next;
    open.push(...elementsOf(node).map((element) => ({ node: element, name })));
    open.push(...membersOf(node).map((member) => ({ node: member.value, name: member.name })));
    if (node.type !== "string" || !isSecret(name, String(node.value))) continue;
    source.secrets.push({ offset: node.offset + 1, length: Math.max(0, node.length - 2) });
    const isOpen = source.mode !== undefined && (source.mode & OTHERS) !== 0;
    findings.add("secret-in-file", node, {
      message: `"${name}" seems to be a secret${isOpen ? ", and every user may read the file" : ""}`,
      help: isOpen
        ? "keep it in a file of its own that only root reads, or `chmod 600` this one"
        : "keep it in a file of its own: configurations are copied into caches and logs",
    });
  }
}

function isSecret(name: string, value: string): boolean {
  if (VALUE.test(value)) return true;
  return NAME.test(name) && !PLACE.test(name) && value.trim() !== "" && !value.startsWith("/");
}
