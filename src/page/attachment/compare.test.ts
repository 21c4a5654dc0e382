import { describe, expect, test } from "bun:test";
import { picture } from "../../../tests/support/picture/index.ts";
import type { AttachmentDetailForm } from "../../forms/index.ts";
import { type ComparedRow, compared } from "./compare.ts";

const ANSWERS = picture({ attachments: 6, now: 1_800_000_000_000 });
const DETAILS = Object.entries(ANSWERS).flatMap(([path, answer]) => {
  return path.startsWith("attachments/") ? [answer as AttachmentDetailForm] : [];
});

function detailOf(index: number, change: Partial<AttachmentDetailForm> = {}): AttachmentDetailForm {
  const detail = DETAILS[index];
  if (detail === undefined) throw new RangeError("there is no such attachment");
  return { ...detail, ...change };
}

function rowOf(detail: AttachmentDetailForm, title: string): ComparedRow | undefined {
  return compared(detail).find((row) => row.title === title);
}

function differencesOf(detail: AttachmentDetailForm): string[] {
  return compared(detail).flatMap(({ title, differences }) => {
    return differences.map((difference) => `${title}: ${difference}`);
  });
}

test("of ports nothing is said where the packet filter could not be read", () => {
  const problems = ["the kernel's packet filter is left out: Operation not permitted"];
  const detail = detailOf(0, { rules: [], problems });
  expect(differencesOf(detail)).toEqual([]);
  expect(rowOf(detail, "Ports")?.stands).toBeUndefined();
  expect(differencesOf(detailOf(0, { rules: [] }))).not.toEqual([]);
});

test("what is as it should be differs in nothing", () => {
  expect(differencesOf(detailOf(0))).toEqual([]);
  expect(compared(detailOf(0)).map(({ title }) => title)).toEqual([
    ...["Interface", "Addresses", "Routes", "MAC address", "MTU", "Host's end", "Ports"],
    "Reservation",
  ]);
  expect(rowOf(detailOf(0), "Addresses")).toEqual({
    title: "Addresses",
    asked: ["of 10.1.0.0/20, by host-local"],
    promised: ["10.1.0.2/20"],
    stands: ["10.1.0.2/20"],
    differences: [],
  });
});

test("what drifts is named thing by thing", () => {
  expect(differencesOf(detailOf(3))).toEqual([
    "Addresses: 10.1.0.5/20 is missing",
    "Routes: 0.0.0.0/0 via 10.1.0.1 is missing",
    "MTU: 1400 instead of 1500",
    "Host's end: veth4b227777 is a port of no bridge instead of cni0",
  ]);
});

test("a namespace that was not entered is not known, rather than empty", () => {
  const detail = detailOf(0, { inside: undefined });
  expect(differencesOf(detail)).toEqual([]);
  expect(rowOf(detail, "Addresses")?.stands).toBeUndefined();
  expect(rowOf(detail, "MTU")?.stands).toBeUndefined();
});

describe("the kernel's side", () => {
  const link = { name: "eth0", index: 2, up: true, mtu: 1500, mac: "0A:58:0A:01:00:00" };

  test("may write a MAC and the route to everywhere in its own way", () => {
    const inside = {
      link,
      addresses: ["10.1.0.2/20", "fe80::1/64"],
      routes: [{ dst: "0.0.0.0/0", gw: "10.1.0.1" }, { dst: "10.1.0.0/20" }],
    };
    expect(differencesOf(detailOf(0, { inside }))).toEqual([]);
  });

  test("has an address beside, a link that is down, or none", () => {
    const routes = [{ dst: "default", gw: "10.1.0.1" }];
    const inside = {
      link: { ...link, up: false },
      addresses: ["10.1.0.2/20", "10.9.0.1/24"],
      routes,
    };
    expect(differencesOf(detailOf(0, { inside }))).toEqual([
      "Interface: eth0 is down",
      "Addresses: 10.9.0.1/24 is there beside",
    ]);
    expect(differencesOf(detailOf(0, { inside: { addresses: [], routes: [] } }))).toEqual([
      "Interface: eth0 is not there",
      "Addresses: 10.1.0.2/20 is missing",
      "Routes: 0.0.0.0/0 via 10.1.0.1 is missing",
    ]);
  });

  test("leads by another gateway, which is another route", () => {
    const routes = [{ dst: "default", gw: "10.1.0.9" }];
    const inside = { link, addresses: ["10.1.0.2/20"], routes };
    expect(differencesOf(detailOf(0, { inside }))).toEqual([
      "Routes: 0.0.0.0/0 via 10.1.0.1 is missing",
    ]);
  });

  test("has no rule for a port, nor one that only has the number inside of another", () => {
    const rule = (text: string): AttachmentDetailForm["rules"] => [{ place: "inet hawser", text }];
    expect(differencesOf(detailOf(0, { rules: rule("tcp . 18080 : 10.1.0.2 . 80") }))).toEqual([
      "Ports: no rule has 8080→80/tcp",
    ]);
    expect(differencesOf(detailOf(0, { rules: rule("tcp dport 8080 dnat") }))).toEqual([]);
  });

  test("has no rule for a port, though it has one for the same number of another protocol or side", () => {
    const place = "inet hawser_ports hostports4";
    const dns = (protocol: string): AttachmentDetailForm["ports"][number] => {
      return { hostPort: 53, containerPort: 53, protocol };
    };
    const one = { place, text: "tcp . 53 : 10.1.0.2 . 53" };
    const two = { place, text: "udp . 53 : 10.1.0.2 . 53" };
    const ports = [dns("tcp"), dns("udp")];
    expect(differencesOf(detailOf(0, { ports, rules: [one, two] }))).toEqual([]);
    expect(differencesOf(detailOf(0, { ports, rules: [one] }))).toEqual([
      "Ports: no rule has 53→53/udp",
    ]);
    const web = { hostPort: 80, containerPort: 80, protocol: "tcp" };
    const other = { place, text: "tcp . 8080 : 10.1.0.2 . 80" };
    const kept = { place: "inet hawser_ports except-10.9.0.0/16", text: "tcp . 80" };
    expect(differencesOf(detailOf(0, { ports: [web], rules: [other, kept] }))).toEqual([
      "Ports: no rule has 80→80/tcp",
    ]);
  });

  test("has a host's end that is gone or down", () => {
    expect(differencesOf(detailOf(0, { hostLink: { name: "veth7" } }))).toEqual([
      "Host's end: veth7 is not there",
    ]);
    const hostLink = { name: "veth7", index: 9, up: false, master: "cni0" };
    expect(differencesOf(detailOf(0, { hostLink }))).toEqual(["Host's end: veth7 is down"]);
  });
});

test("a reservation of another address is named", () => {
  const reservations = [{ address: "10.1.0.77", path: "/x" }];
  expect(differencesOf(detailOf(0, { reservations }))).toEqual([
    "Reservation: 10.1.0.2 is not reserved",
    "Reservation: 10.1.0.77 is reserved beside",
  ]);
});

describe("documents that are not as they should be", () => {
  const documents: readonly [unknown][] = [
    ...([[undefined], [null], [7], ["x"], [[]], [{}]] as [unknown][]),
    [{ plugins: "x" }],
    [{ plugins: [7, { ipam: [] }] }],
  ];
  test.each(documents)("%j is read as far as it goes", (document) => {
    const detail = detailOf(0, { asked: document, promised: document });
    expect(compared(detail).length).toBeGreaterThan(3);
  });

  test("a result of version 0.2.0 has its addresses elsewhere", () => {
    const promised = { ip4: { ip: "10.1.0.2/20" }, ip6: { ip: "fd00::2/64" } };
    expect(rowOf(detailOf(0, { promised }), "Addresses")?.promised).toEqual([
      "10.1.0.2/20",
      "fd00::2/64",
    ]);
  });
});
