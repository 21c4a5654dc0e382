import { expect, test } from "bun:test";
import { Ip } from "../../addr/index.ts";
import type { Nftables, TraceEvent } from "../../kernel/nftables/index.ts";
import { PacketEvents } from "./events.ts";
import type { LinkNames } from "./names.ts";
import type { SentPacket } from "./story.ts";

const packet: SentPacket = {
  protocol: "tcp",
  ...{ source: Ip.parse("10.1.0.2"), sourcePort: 40_000 },
  ...{ destination: Ip.parse("192.0.2.2"), destinationPort: 80 },
};

/** The IPv4 header of the packet, as far as it is read: version, and both addresses. */
const NETWORK = Uint8Array.of(0x45, ...new Uint8Array(11), 10, 1, 0, 2, 192, 0, 2, 2);

/** Nothing is asked of the kernel: the events name no rule and no link. */
function eventsOf(...all: (readonly [chain: string, id: number, verdict: string])[]): string[] {
  const names = { of: () => undefined } as unknown as LinkNames;
  const events = new PacketEvents("host", packet, {} as Nftables, names);
  for (const [chain, id, verdict] of all) {
    const event: TraceEvent = {
      ...{ family: "inet", table: "t", chain, type: "policy", verdict, packet: id },
      network: NETWORK,
    };
    events.add(event);
  }
  return events.events.map(({ chain, verdict }) => `${chain} ${verdict}`);
}

test("a packet that the kernel numbers anew at each hook is followed to its end", () => {
  expect(eventsOf(["prerouting", 1, "accept"], ["forward", 2, "drop"])).toEqual([
    "prerouting accept",
    "forward drop",
  ]);
});

test("a packet that is sent again has no more events, whatever its number", () => {
  const again = (one: number, two: number): string[] =>
    eventsOf(
      ...[["prerouting", 1, "accept"] as const, ["forward", 2, "drop"] as const],
      ...[["prerouting", one, "accept"] as const, ["forward", two, "drop"] as const],
    );
  for (const [one, two] of [
    [1, 2],
    [3, 4],
    [3, 2],
  ] as const) {
    expect(again(one, two)).toEqual(["prerouting accept", "forward drop"]);
  }
});
