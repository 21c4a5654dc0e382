import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { CONVENTIONAL, type SubjectFile } from "../../src/conformance/index.ts";
import { GO_CNITOOL } from "../../tests/peers/go-cnitool.ts";
import { NEWEST_DIR } from "../../tests/support/build-newest.ts";
import { PLUGIN_NAMES } from "../rooms.ts";
import { ROOT } from "../test/files.ts";

/** The implementations that the published matrix compares, and where their plugins lie. */

export interface FieldSubject {
  readonly name: string;
  readonly path: string;
  /** What the suite is given beside the executable; the conventional name does without. */
  readonly file?: SubjectFile;
  /** Set for a runtime, whose path is that of an adapter: what the adapter inherits. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface FieldSet {
  readonly key: string;
  readonly title: string;
  readonly subjects: readonly FieldSubject[];
}

const DEBIAN_DIR = "/usr/lib/cni";
const DAEMON = join(ROOT, "dist/hawser");

/** Those of these sets that this machine has. */
export function fieldSets(): FieldSet[] {
  const sets: FieldSet[] = [
    {
      key: "hawser",
      title: "Hawser, executables",
      subjects: named(join(ROOT, "dist/cni")),
    },
    {
      key: "hawser-daemon",
      title: "Hawser, entry programs and daemon",
      subjects: named(join(ROOT, "dist/entry")).map(behindDaemon),
    },
    { key: "go", title: "reference plugins 1.10.0", subjects: named(NEWEST_DIR) },
    { key: "debian", title: "reference plugins 1.1.1, of Debian", subjects: named(DEBIAN_DIR) },
    ...runtimes(),
    { key: "dnsname", title: "dnsname 1.3.1", subjects: one("dnsname", DEBIAN_DIR, DNSNAME) },
  ];
  return sets.filter(({ subjects }) => subjects.length > 0);
}

/** Each runtime is a set of its own, and a column of the matrix. */
function runtimes(): FieldSet[] {
  const hawser = join(ROOT, "dist/hawser");
  const cnitool = join(ROOT, "dist/cni/cnitool");
  const all: [key: string, title: string, adapter: string, env: Record<string, string>, string][] =
    [
      ["runtime-hawser", "hawser", "hawser", { HAWSER: hawser }, hawser],
      ["runtime-cnitool", "Hawser's cnitool", "cnitool", { CNITOOL: cnitool }, cnitool],
      ["runtime-go", "cnitool 1.3.1", "cnitool", { CNITOOL: GO_CNITOOL }, GO_CNITOOL],
      ["runtime-podman", "podman, of Debian", "podman", {}, "/usr/bin/podman"],
      ["runtime-ctr", "ctr, of Debian", "ctr", {}, "/usr/bin/ctr"],
    ];
  return all
    .filter(([, , , , program]) => existsSync(program))
    .map(([key, title, adapter, env]) => {
      const path = join(ROOT, "examples/conformance/adapters", adapter);
      return { key, title, subjects: [{ name: title, path, env }] };
    });
}

/** The reference plugins' names in a directory. */
function named(dir: string): FieldSubject[] {
  if (!existsSync(dir)) return [];
  const there = new Set(readdirSync(dir));
  return PLUGIN_NAMES.filter((name) => there.has(name)).map((name) => {
    return { name, path: join(dir, name) };
  });
}

function one(name: string, dir: string, file: SubjectFile): FieldSubject[] {
  const path = join(dir, name);
  return existsSync(path) ? [{ name, path, file }] : [];
}

/** A daemon of its own in each world; the entry programs find it at their usual socket. */
function behindDaemon(subject: FieldSubject): FieldSubject {
  const file = CONVENTIONAL[subject.name] ?? {};
  return {
    ...subject,
    file: {
      ...file,
      background: [...(file.background ?? []), [DAEMON, "daemon"]],
      awaits: [...(file.awaits ?? []), "/run/hawser/daemon.sock"],
    },
  };
}

const DNSNAME: SubjectFile = {
  kind: "chained",
  config: { domainName: "dns.example", capabilities: { aliases: true } },
};
