import { expect, test } from "bun:test";
import { Netns } from "../../../src/kernel/netns/index.ts";
import { needs } from "../needs.ts";
import { pairForEachTest } from "../route-pair.ts";
import { playForwarding } from "./forwarding-script.ts";
import { FakeKernel } from "./index.ts";
import { play, playVlans, type Scene, type Transcript } from "./script.ts";

const pair = pairForEachTest();

/** The script's transcripts of the running kernel, and of the one in memory. */
function both(script: (scene: Scene) => Transcript): { real: Transcript; made: Transcript } {
  const real = script({ host: pair().host, container: pair().cont });
  using kernel = FakeKernel.install();
  kernel.create("/run/netns/c1");
  using host = Netns.current();
  using container = Netns.open("/run/netns/c1");
  return { real, made: script({ host, container }) };
}

test("the kernel in memory answers as the running kernel does", () => {
  const { real, made } = both(play);
  expect(made.map(([question]) => question)).toEqual(real.map(([question]) => question));
  expect(made).toEqual(real);
});

needs("kernel:bridge-vlan-filtering")("and so it does of VLANs", () => {
  const { real, made } = both(playVlans);
  expect(made).toEqual(real);
});

needs("kernel:vxlan")("and of forwarding entries", () => {
  const { real, made } = both(playForwarding);
  expect(made).toEqual(real);
});
