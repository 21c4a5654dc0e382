import { expect } from "bun:test";
import { needs } from "../../../tests/support/needs.ts";
import { patient } from "../../../tests/support/patience.ts";
import { Prefix } from "../../addr/index.ts";
import { BootClock } from "../../cluster/clock/index.ts";
import { address, link, RouteSocket } from "../../kernel/route/index.ts";
import { AddressChanges } from "./address-changes.ts";

needs("root")("addresses of the one link end the wait, those of others do not", async () => {
  using socket = RouteSocket.open();
  const [index, other] = ["lan", "veth"].map((name) => link.add(socket, { name, kind: "bridge" }));
  using changes = new AddressChanges(new BootClock());
  const { signal } = new AbortController();
  const next = async (ms: number): Promise<number> => {
    const began = performance.now();
    await changes.next(index ?? 0, ms, signal);
    return performance.now() - began;
  };
  const add = (to: number | undefined, prefix: string): void =>
    address.add(socket, { index: to ?? 0, prefix: Prefix.parse(prefix) });
  const first = next(200);
  add(other, "10.42.0.1/32");
  expect(await first).toBeGreaterThan(190);
  for (const prefix of ["192.0.2.1/24", "2001:db8::1/64"]) {
    const wait = next(patient(60_000));
    add(index, prefix);
    expect(await wait).toBeLessThan(patient(10_000));
    // What the kernel does with an address of IPv6 afterwards is a change as well.
    while ((await next(200)) < 190);
  }
  // What happens between two waits is not missed.
  address.delete(socket, { index: index ?? 0, prefix: Prefix.parse("192.0.2.1/24") });
  expect(await next(patient(60_000))).toBeLessThan(patient(10_000));
});
