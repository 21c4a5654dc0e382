import { afterAll, beforeAll } from "bun:test";
import { Cri, criMissing } from "../clients/cri.ts";
import { skipBecause } from "../support/needs.ts";
import { NewNode, newNodeMissing } from "./new-node.ts";
import { typeGuide } from "./typed.ts";

/** docs/guides/kubernetes.md on a node with containerd 2.4, with crictl in the kubelet's place. */

const missing = newNodeMissing() ?? criMissing();
let node: NewNode | undefined;
let cri: Cri | undefined;

beforeAll(async () => {
  if (missing !== undefined) return;
  node = await NewNode.create();
  cri = await Cri.create({ configDir: "/etc/cni/net.d", pluginDir: "/opt/cni/bin" });
}, 60_000);
afterAll(async () => {
  await cri?.close();
  node?.close();
});

skipBecause(missing)(
  "crictl prints what the guide shows, before a pod, with it, and after it",
  async () => {
    if (node === undefined || cri === undefined) return;
    await typeGuide("kubernetes", { place: node.clone, programs: { crictl: cri.crictlWords } });
  },
  60_000,
);
