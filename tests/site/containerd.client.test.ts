import { afterAll, beforeAll } from "bun:test";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Containerd } from "../clients/containerd.ts";
import type { Conflist } from "../support/chain.ts";
import { Host } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { blocksOf, typeGuide } from "./typed.ts";

/** docs/guides/containerd.md with Debian's containerd and its ctr. */

const hawser = hawserPlugins();
const missing = Containerd.missing() ?? hawser.missing;
const place = mkdtempSync(join(tmpdir(), "hawser-guide-"));
let containerd: Containerd | undefined;

beforeAll(async () => {
  if (missing !== undefined) return;
  await Host.create();
  const network = blocksOf("containerd").find(({ language }) => language === "json")?.text ?? "";
  containerd = await Containerd.start(hawser.dir, JSON.parse(network) as Conflist);
});
afterAll(async () => {
  await containerd?.close();
  rmSync(place, { recursive: true, force: true });
});

skipBecause(missing)(
  "ctr prints what the guide shows",
  async () => {
    if (containerd === undefined) return;
    cpSync(containerd.rootfs, join(place, "rootfs"), { recursive: true, verbatimSymlinks: true });
    await typeGuide("containerd", { place, programs: { ctr: containerd.argv([]) } });
  },
  60_000,
);
