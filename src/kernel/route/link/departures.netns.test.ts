import { expect, test } from "bun:test";
import { must } from "../../../../tests/support/exec.ts";
import { patient } from "../../../../tests/support/patience.ts";
import { link, RouteSocket } from "../index.ts";

/** What is waited for takes milliseconds. */
async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + patient(4000); !isSo() && Date.now() < end; ) await Bun.sleep(1);
}

test("links that leave are told, as soon as nobody can find them; those that change are not", async () => {
  using host = RouteSocket.open();
  const left: number[] = [];
  using departures = new link.LinkDepartures((index) => left.push(index));
  departures.begin();
  const index = link.add(host, { name: "one", kind: "veth", peer: { name: "two" } });
  const peer = link.get(host, { name: "two" })?.index ?? 0;
  const bridge = link.add(host, { name: "br", kind: "bridge" });
  link.set(host, index, { master: bridge, up: true });
  link.set(host, index, { master: 0 });
  await Bun.sleep(5);
  expect(left).toEqual([]);
  const deleted = must(["ip", "link", "delete", "one"]);
  await until(() => left.length === 2);
  expect(new Set(left)).toEqual(new Set([index, peer]));
  expect(link.get(host, index)).toBeUndefined();
  await deleted;

  departures.begin();
  await must(["ip", "link", "delete", "dev", "br"]);
  await until(() => left.length === 3);
  expect(left.at(-1)).toBe(bridge);
});

test("when more came than it could hold, it can begin again", async () => {
  using host = RouteSocket.open();
  const left: number[] = [];
  using departures = new link.LinkDepartures((index) => left.push(index));
  departures.begin();
  await Bun.sleep(1);
  for (let round = 0; round < 300; round++) {
    link.add(host, { name: `d${round}`, kind: "veth", group: 77, peer: { name: `e${round}` } });
  }
  link.deleteGroup(host, 77); // 600 events while this thread listens to none
  await Bun.sleep(5);
  expect(left.length).toBeLessThan(600);

  departures.begin();
  const index = link.add(host, { name: "later", kind: "bridge" });
  await must(["ip", "link", "delete", "later"]);
  await until(() => left.at(-1) === index);
  expect(left.at(-1)).toBe(index);
});
