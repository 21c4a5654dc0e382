import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { PLUGIN_NAMES } from "../rooms.ts";
import { ROOT } from "../test/files.ts";
import { commandPages } from "./commands.ts";
import { openApiPage } from "./openapi.ts";
import { referencePages } from "./reference.ts";
import type { Group, PageSource } from "./source.ts";

/** Every page of the site, in the order of its navigation. */

/** The guides that lead; others follow by their names. */
const GUIDES = [
  ...["containerd", "cri-o", "kubernetes", "podman", "nerdctl", "nomad"],
  ...["ports", "fixed-address", "dual-stack", "vlan", "firewall"],
  ...["debugging", "messages", "migrate", "fleet", "embed", "plugin"],
];

const OPERATING = ["install", "tour", "clients", "daemon", "ui", "doctor", "trace", "validate"];
const FLEETS = ["cluster", "overlay", "fleet-numbers", "kubernetes-engine"];
const LIBRARY = ["package", "writing-a-plugin", "conformance-for-authors", "api"];
/** These lead a group, or stand in it, though they are no page of their own kind. */
const ELSEWHERE = ["README", "plugins", "cli"];

const PROJECT: readonly (readonly [path: string, address: string, label: string])[] = [
  ["README.md", "readme.html", "About Hawser"],
  ["CHANGELOG.md", "changelog.html", "Changes"],
  ["SECURITY.md", "security.html", "Security"],
  ["CONTRIBUTING.md", "contributing.html", "Contributing"],
];

/** All groups; a document that no list names is in the one of those that explain. */
export function readCatalogue(): Group[] {
  const named = new Set([...OPERATING, ...FLEETS, ...LIBRARY, ...ELSEWHERE]);
  const others = namesIn("docs").filter((name) => !named.has(name));
  const decisions = namesIn("docs/decisions").filter((name) => name !== "README");
  return [
    { title: "Start", pages: [document("docs/README.md", "index.html", "Where to begin")] },
    { title: "Guides", pages: inOrder(namesIn("docs/guides"), GUIDES).map(guide) },
    { title: "Operating a node", pages: [...present(OPERATING), ...packaging()] },
    { title: "Fleets", pages: present(FLEETS) },
    { title: "Plugins", pages: [...present(["plugins"]), ...PLUGIN_NAMES.map(manual)] },
    { title: "Commands", pages: [...present(["cli"]), ...commandPages()] },
    { title: "As a library", pages: [...present(LIBRARY), openApiPage(), ...referencePages()] },
    { title: "How and why", pages: present(others) },
    { title: "Decisions", pages: [decision("README"), ...decisions.map(decision)] },
    {
      title: "The project",
      pages: PROJECT.map(([path, address, label]) => document(path, address, label)),
    },
  ];
}

function namesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => basename(name, ".md"))
    .sort();
}

function inOrder(names: readonly string[], order: readonly string[]): string[] {
  const first = order.filter((name) => names.includes(name));
  return [...first, ...names.filter((name) => !order.includes(name))];
}

/** The documents of these names that are there. */
function present(names: readonly string[]): PageSource[] {
  return names
    .filter((name) => existsSync(join(ROOT, `docs/${name}.md`)))
    .map((name) => document(`docs/${name}.md`, `${name}.html`));
}

function guide(name: string): PageSource {
  return document(`docs/guides/${name}.md`, `guides/${name}.html`);
}

function decision(name: string): PageSource {
  const file = name === "README" ? "index" : name;
  return document(`docs/decisions/${name}.md`, `decisions/${file}.html`);
}

function manual(name: string): PageSource {
  return document(`src/plugins/${name}/README.md`, `plugins/${name}.html`, name);
}

function packaging(): PageSource[] {
  return [
    document("packaging/systemd/README.md", "packaging/systemd.html"),
    document("packaging/container/README.md", "packaging/container.html"),
  ];
}

function document(path: string, address: string, label?: string): PageSource {
  const markdown = readFileSync(join(ROOT, path), "utf8");
  return { path, address, markdown, ...(label === undefined ? {} : { label }) };
}
