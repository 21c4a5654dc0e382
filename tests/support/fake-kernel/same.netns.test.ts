import { expect, test } from "bun:test";
import { Netns } from "../../../src/kernel/netns/index.ts";
import { pairForEachTest } from "../route-pair.ts";
import { FakeKernel } from "./index.ts";
import { play } from "./script.ts";

const pair = pairForEachTest();

test("the kernel in memory answers as the running kernel does", () => {
  const real = play({ host: pair().host, container: pair().cont });
  using kernel = FakeKernel.install();
  kernel.create("/run/netns/c1");
  using host = Netns.current();
  using container = Netns.open("/run/netns/c1");
  const made = play({ host, container });
  expect(made.map(([question]) => question)).toEqual(real.map(([question]) => question));
  expect(made).toEqual(real);
});
