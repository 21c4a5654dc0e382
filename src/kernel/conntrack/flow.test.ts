import { expect, test } from "bun:test";
import { Ip } from "../../addr/index.ts";
import { encodeDump, matches } from "./filter.ts";
import { decodeFlow, deleteRequest, type Flow } from "./flow.ts";

// Seen by `strace -e trace=recvmsg -e read=3 conntrack -L` after
// `conntrack -I -p udp -s 10.0.0.1 -d 10.0.0.2 --sport 1000 --dport 53 -t 60` (conntrack 1.4.7).
const tuple =
  "1400018008000100" +
  "0a000001080002000a0000021c0002800500010011000000" +
  "0600020003e800000600030000350000";
const reply =
  "1400018008000100" +
  "0a000002080002000a0000011c0002800500010011000000" +
  "060002000035000006000300" +
  "03e80000";
const payload =
  `02000000` +
  `34000180${tuple}34000280${reply}` +
  "0800030000000008080008000000000008000c008bcd0cac08000b000000000108000700" +
  "0000003b1c001880080001000000000008000200000000000800030000000000";

function flow(): Flow {
  const message = { type: 0x100, flags: 2, sequence: 0, portId: 0 };
  const decoded = decodeFlow({ ...message, payload: Uint8Array.fromHex(payload) });
  if (decoded === undefined) throw new Error("no flow");
  return decoded;
}

test("a flow of the kernel's list is decoded", () => {
  const { family, original, reply: back, mark } = flow();
  expect(family).toBe(4);
  expect(mark).toBe(0);
  expect(original).toMatchObject({ protocol: 17, sourcePort: 1000, destinationPort: 53 });
  expect(`${original.source} ${original.destination}`).toBe("10.0.0.1 10.0.0.2");
  expect(`${back.source} ${back.destination} ${back.sourcePort}`).toBe("10.0.0.2 10.0.0.1 53");
});

test("a delete request names the flow by its original tuple and its id", () => {
  const request = deleteRequest(flow());
  expect(request.type).toBe(0x102);
  expect(request.payload.toHex()).toBe(`0200000034000180${tuple}08000c008bcd0cac`);
});

test("every field of a filter can refuse a flow", () => {
  const good = {
    family: 4,
    protocol: "udp",
    originalPort: 53,
    originalDestination: Ip.parse("10.0.0.2"),
    replySource: Ip.parse("10.0.0.2"),
  } as const;
  expect(matches(flow(), good)).toBe(true);
  expect(matches(flow(), {})).toBe(true);
  const wrong = [
    { family: 6 },
    { protocol: "tcp" },
    { protocol: 6 },
    { originalPort: 1000 },
    { originalDestination: Ip.parse("10.0.0.1") },
    { replySource: Ip.parse("10.0.0.1") },
  ] as const;
  for (const part of wrong) expect(matches(flow(), { ...good, ...part })).toBe(false);
});

test("protocol and port are told to the kernel when the IP version is known", () => {
  // CTA_TUPLE_ORIG { CTA_TUPLE_PROTO { NUM 17, DST_PORT 53 } }, CTA_FILTER { ORIG_FLAGS 0x28 }
  const told = "1800018014000280050001001100000006000300003500000c0019800800010028000000";
  const filter = { protocol: "udp", originalPort: 53 } as const;
  expect(encodeDump({ ...filter, family: 4 }).toHex()).toBe(`02000000${told}`);
  expect(encodeDump({ ...filter, replySource: Ip.parse("fd00::1") }).toHex()).toBe(
    `0a000000${told}`,
  );
  expect(encodeDump(filter).toHex()).toBe("00000000");
});
