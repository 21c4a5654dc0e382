import { afterAll, beforeAll, expect } from "bun:test";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { containersEnvironment, placeOptions } from "../clients/containers-conf.ts";
import { Podman } from "../clients/podman.ts";
import { must } from "../support/exec.ts";
import { has } from "../support/features.ts";
import { Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { blocksOf, typeGuide } from "./typed.ts";

/** docs/guides/podman.md with Debian's podman. */

const hawser = hawserPlugins();
const missing = Podman.missing() ?? hawser.missing ?? (has("tar") ? undefined : "tar");
let podman: Podman | undefined;

beforeAll(async () => {
  if (missing !== undefined) return;
  await Host.create();
  podman = Podman.create([hawser.dir]);
});
afterAll(async () => await podman?.close());

skipBecause(missing)(
  "podman prints what the guide shows, by the configuration that it shows",
  async () => {
    if (podman === undefined) return;
    const { home, rootfs } = podman;
    // The configuration of this podman has each line of the guide's, with a directory of the test's.
    const conf = readFileSync(join(home, "containers.conf"), "utf8");
    const toml = blocksOf("podman").find(({ language }) => language === "toml")?.text ?? "";
    for (const line of toml.trimEnd().split("\n")) {
      expect(conf).toContain(line.replace("/opt/cni/bin", hawser.dir));
    }
    const image = join(home, "busybox.tar");
    await must(["tar", "-C", rootfs, "-cf", image, "."]);
    const path = "ENV PATH=/bin";
    await podman.run("import", "--change", path, image, "docker.io/library/busybox:latest");
    const place = join(home, "desk");
    mkdirSync(place);
    await typeGuide("podman", {
      place,
      programs: { podman: ["podman", ...placeOptions(home)] },
      env: { ...containersEnvironment(home), NETCONFPATH: join(home, "net.d") },
    });
    rmSync(place, { recursive: true });
  },
  60_000,
);
