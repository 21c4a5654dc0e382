import { afterAll, beforeAll, expect } from "bun:test";
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { VERSION } from "../../src/base/index.ts";
import { aboutProject } from "../../tools/packages/about.ts";
import { makePackages } from "../../tools/packages/index.ts";
import { thirdPartyText } from "../../tools/release/third-party.ts";
import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import { must } from "../support/exec.ts";
import { has } from "../support/features.ts";
import { skipBecause } from "../support/needs.ts";
import { rejection } from "../support/rejection.ts";
import { DebianRoots } from "./debian-root.ts";
import { buildMissing, dropMemory, EPOCH, memoryDirectory, orderOf } from "./made.ts";

/** What is in the packages, and the .rpm in a root with a database of rpm. */

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const missing = [
  ...["root", "dpkg-deb", "rpmbuild"].filter((each) => !has(each)),
  ...buildMissing(),
];
const both = skipBecause(missing.length === 0 ? undefined : missing.join(", "));

let made = "";
let deb = "";
let rpm = "";
beforeAll(async () => {
  if (missing.length > 0) return;
  made = await memoryDirectory();
  const env = { ...process.env, SOURCE_DATE_EPOCH: `${EPOCH}`, TMPDIR: made } as Record<
    string,
    string
  >;
  const place = ["--silent", "packages", "--", "--out", join(made, "one")];
  const words = ["npm", "run", ...place, "--level", "0"];
  const said = await must(words, { cwd: ROOT, env });
  [deb = "", rpm = ""] = said.trim().split("\n");
});
afterAll(async () => {
  await dropMemory(made);
});

both("the same sources and time give the same bytes", async () => {
  const version = /_([\d.]+)_/.exec(basename(deb))?.[1] ?? "";
  const again = await makePackages(orderOf(join(made, "two"), version));
  expect(again.map((path) => basename(path))).toEqual([deb, rpm].map((path) => basename(path)));
  for (const [at, path] of [deb, rpm].entries()) {
    const [one, two] = [path, again[at] ?? ""].map((each) => Bun.hash(readFileSync(each)));
    expect([path, one]).toEqual([path, two]);
  }
  await must(["rm", "-r", join(made, "two")]);
});

both(
  "both have each plugin, commands, manual, completions, units and licences; all is root's",
  async () => {
    const contents = await must(["dpkg-deb", "--contents", deb]);
    const lines = contents.trim().split("\n");
    expect(lines.filter((line) => !line.includes(" root/root "))).toEqual([]);
    const inDeb = lines.flatMap((line) => / \.(\/\S+)/.exec(line)?.[1] ?? []);
    const inRpm = (await must(["rpm", "-qpl", rpm])).trim().split("\n");
    const owners = await must([
      "rpm",
      "-qp",
      "--queryformat",
      "[%{FILEUSERNAME}:%{FILEGROUPNAME}\n]",
      rpm,
    ]);
    expect(new Set(owners.trim().split("\n"))).toEqual(new Set(["root:root"]));
    for (const list of [inDeb, inRpm]) {
      const wanted = [
        ...["hawser", ...PLUGIN_NAMES].map((name) => `/usr/libexec/hawser/${name}`),
        ...["hawser.service", "hawser.socket", "hawser-dhcp.service", "hawser-dhcp.socket"].map(
          (name) => `/usr/lib/systemd/system/${name}`,
        ),
        ...["/usr/bin/hawser", "/usr/bin/cnitool"],
        ...["/usr/share/man/man1/hawser.1.gz", "/usr/share/man/man5/hawser-conflist.5.gz"],
        "/usr/share/bash-completion/completions/hawser",
        "/usr/share/fish/vendor_completions.d/hawser.fish",
      ];
      expect(wanted.filter((path) => !list.includes(path))).toEqual([]);
      // Programs of an administrator, and configurations, are not a package's.
      expect(list.filter((path) => /^\/(?:etc|opt|usr\/local|var)\/./.test(path))).toEqual([]);
    }
    expect(inDeb).toContain("/usr/share/doc/hawser/copyright");
    expect(inDeb).toContain("/usr/share/zsh/vendor-completions/_hawser");
    expect(inRpm).toContain("/usr/share/licenses/hawser/LICENSE");
    expect(inRpm).toContain("/usr/share/licenses/hawser/THIRD-PARTY.txt");
    const packed = `dpkg-deb --fsys-tarfile "$0" | tar -xO ./usr/share/doc/hawser/$1`;
    const copyright = await must(["sh", "-c", packed, deb, "copyright"]);
    expect(copyright).toContain("/usr/share/common-licenses/Apache-2.0");
    expect(copyright.endsWith(await thirdPartyText())).toBe(true);
    expect(copyright).toContain("JavaScriptCore");
    // In the form of dpkg-parsechangelog: the project's own would be one warning for each line.
    const changelog = await must(["sh", "-c", `${packed} | gunzip`, deb, "changelog.gz"]);
    const [head = "", , entry = "", , foot = ""] = changelog.split("\n");
    expect(head).toBe(`hawser (${VERSION}) stable; urgency=medium`);
    expect(entry).toMatch(/^ {2}\* .*CHANGELOG\.md\.gz/u);
    expect(foot).toMatch(/^ -- \S.* <> {2}Tue, 14 Nov 2023 22:13:20 \+0000$/u);
    expect(inDeb).toContain("/usr/share/doc/hawser/CHANGELOG.md.gz");
    const control = await must(["dpkg-deb", "--field", deb, "Maintainer", "Homepage"]);
    const { author, homepage } = aboutProject();
    expect(control).toBe(`Maintainer: ${author}\nHomepage: ${homepage}\n`);
  },
);

both("the scripts are sound for sh, and nothing of their templates is left", async () => {
  const control = join(made, "control");
  await must(["dpkg-deb", "--control", deb, control]);
  for (const name of ["preinst", "postinst", "prerm", "postrm"]) {
    await must(["dash", "-n", join(control, name)]);
    expect(readFileSync(join(control, name), "utf8")).not.toMatch(/@[A-Z]+@/);
  }
  const scripts = await must(["rpm", "-qp", "--scripts", "--triggers", rpm]);
  expect(scripts).toContain("link_plugins");
  expect(scripts).not.toMatch(/@[A-Z]+@/);
});

/** A package of others for rpm, with programs that say its version. */
async function foreignRpm(version: string): Promise<string> {
  const spec = join(made, `foreign-${version}.spec`);
  const script = (name: string): string =>
    `printf '#!/bin/sh\\necho ${name} ${version}\\n' >%{buildroot}/usr/libexec/cni/${name}; chmod +x %{buildroot}/usr/libexec/cni/${name}`;
  const lines = [
    ...[
      "Name: containernetworking-plugins",
      `Version: ${version}`,
      "Release: 1",
      "License: x",
      "Summary: x",
    ],
    ...[
      "BuildArch: noarch",
      "%description",
      "x",
      "%install",
      "mkdir -p %{buildroot}/usr/libexec/cni",
    ],
    ...[script("bridge"), script("sample"), "%files", "/usr/libexec/cni/*"],
  ];
  writeFileSync(spec, `${lines.join("\n")}\n`);
  await must(["rpmbuild", "-bb", "--quiet", "--define", `_topdir ${made}/top`, spec]);
  return `${made}/top/RPMS/noarch/containernetworking-plugins-${version}-1.noarch.rpm`;
}

both(
  "the .rpm links its plugins, also after updates of others, and gives their places back",
  async () => {
    await using roots = await DebianRoots.create([]);
    const root = await roots.root();
    const call = async (...words: string[]): Promise<string> =>
      await must([
        "rpm",
        "--root",
        root.path,
        "--nosignature",
        "--nodeps",
        "--noplugins",
        ...words,
      ]);
    const bridge = root.at("/usr/libexec/cni/bridge");
    await call("--install", await foreignRpm("1.1"));
    // What `hawser install --replace` has put aside there must not be lost.
    const manifest = "/usr/libexec/cni/.hawser-installed.json";
    writeFileSync(root.at(manifest), "{}\n");
    const { message } = await rejection(call("--install", rpm));
    expect(message).toContain("uninstall --bin-dir /usr/libexec/cni");
    expect(readFileSync(bridge, "utf8")).toContain("bridge 1.1");
    expect(root.has("/usr/libexec/hawser")).toBe(false);
    await root.must("rm", manifest);
    const systemctl = root.at("/usr/bin/systemctl");
    writeFileSync(systemctl, '#!/bin/sh\necho "$@" >>/tmp/systemctl\n', { mode: 0o755 });
    await call("--install", rpm);
    expect(readlinkSync(bridge)).toBe("/usr/libexec/hawser/bridge");
    expect(await root.must("hawser", "install", "--verify")).toContain(
      "of the package hawser (rpm)",
    );
    await call("--upgrade", await foreignRpm("1.2"));
    expect(readlinkSync(bridge)).toBe("/usr/libexec/hawser/bridge");
    // A unit of an administrator is not the package's to disable.
    const unit = root.at("/etc/systemd/system/hawser.service");
    mkdirSync(dirname(unit), { recursive: true });
    writeFileSync(unit, "[Service]\nExecStart=/opt/cni/bin/hawser daemon\n");
    await call("--erase", "hawser");
    expect(readFileSync(bridge, "utf8")).toContain("bridge 1.2");
    await call("--install", rpm);
    expect(readFileSync(root.at("/tmp/systemctl"), "utf8")).toBe(
      [
        "--no-reload preset hawser.socket hawser.service",
        "--no-reload disable hawser.socket hawser-dhcp.service hawser-dhcp.socket",
        "--no-reload preset hawser.socket",
        "",
      ].join("\n"),
    );
    await root.must("rm", "/etc/systemd/system/hawser.service", "/usr/bin/systemctl");
    await call("--erase", "containernetworking-plugins");
    expect(readlinkSync(bridge)).toBe("/usr/libexec/hawser/bridge");
    expect(root.has("/usr/libexec/cni/.bridge.hawser-aside")).toBe(false);
    await call("--erase", "hawser");
    expect(root.written().filter((path) => /hawser|\/cni\//.test(path))).toEqual([]);
  },
);
