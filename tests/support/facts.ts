import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { must } from "./exec.ts";
import type { Container } from "./host.ts";

/** What there is, one line each: links, elements of sets, neighbours, rules, files. */
export async function facts(containers: readonly Container[]): Promise<Set<string>> {
  const links = await names(["ip", "-j", "link", "show"]);
  const inside = await Promise.all(
    containers.map(async ({ name }) => {
      const own = await names(["ip", "-n", name, "-j", "link", "show"]);
      return own.map((link) => `link of ${name} ${link}`);
    }),
  );
  return new Set([
    ...links.map((link) => `link of the host ${link}`),
    ...inside.flat(),
    ...(await elements()),
    ...(await neighbours()),
    ...(await rules(containers)),
    ...["/run/hawser", "/var/lib/cni/networks", "/run/cni"].flatMap(files),
  ]);
}

async function parsed<T>(words: readonly string[]): Promise<T> {
  return JSON.parse((await must([...words])) || "[]") as T;
}

async function names(words: readonly string[]): Promise<string[]> {
  return (await parsed<{ ifname: string }[]>(words)).map(({ ifname }) => ifname);
}

async function neighbours(): Promise<string[]> {
  const all = await parsed<{ dst: string; state?: string[] }[]>(["ip", "-j", "neighbour", "show"]);
  return all
    .filter(({ state = [] }) => state.includes("PERMANENT"))
    .map(({ dst }) => `neighbour ${dst}`);
}

async function rules(containers: readonly Container[]): Promise<string[]> {
  const all = await Promise.all(
    containers.map(async ({ name }) => {
      const own = await parsed<{ src: string; table: string }[]>(["ip", "-n", name, "-j", "rule"]);
      return own.map(({ src, table }) => `rule of ${name} from ${src} to ${table}`);
    }),
  );
  return all.flat();
}

interface NftObject {
  readonly set?: { readonly name: string; readonly elem?: readonly unknown[] };
  readonly map?: { readonly name: string; readonly elem?: readonly unknown[] };
}

async function elements(): Promise<string[]> {
  const { nftables } = await parsed<{ nftables: readonly NftObject[] }>([
    "nft",
    "-j",
    "list",
    "ruleset",
  ]);
  return nftables.flatMap(({ set, map }) => {
    const found = set ?? map;
    return (found?.elem ?? []).map((each) => `element ${found?.name} ${keyOf(each)}`);
  });
}

/** The key of an element; of a concatenation its parts. */
function keyOf(element: unknown): string {
  const key = Array.isArray(element) ? (element as unknown[])[0] : element;
  const { val = key } = (
    typeof key === "object" && key !== null && "elem" in key
      ? (key as { elem: { val: unknown } }).elem
      : {}
  ) as { val?: unknown };
  return typeof val === "string" ? val : JSON.stringify(val);
}

function files(tree: string): string[] {
  if (!existsSync(tree)) return [];
  return readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => (path.includes("/waiting/") ? `turn of ${path}` : `file ${path}`))
    .filter((fact) => !/\/(?:lock|register|last_reserved_ip\S*)$|\/locks\//u.test(fact));
}
