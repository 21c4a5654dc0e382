import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pairForEachTest } from "../../../../tests/support/route-pair.ts";
import { createNetns, deleteNetns, Netns } from "../../netns/index.ts";
import { link, RouteSocket } from "../index.ts";

const pair = pairForEachTest();

function found(socket: RouteSocket, name: string): link.Link {
  const one = link.get(socket, { name });
  if (one === undefined) throw new Error(`${name} is missing`);
  return one;
}

describe("the peer of a link", () => {
  test("is the other end of the pair, seen from both namespaces", () => {
    pair().connect();
    const host = found(pair().onHost, "host0");
    const eth0 = found(pair().inCont, "eth0");
    expect(link.isPeer(pair().onHost, host, eth0, pair().cont)).toBe(true);
    expect(link.isPeer(pair().inCont, eth0, host, pair().host)).toBe(true);
    expect(link.peerOf(pair().onHost, eth0, pair().cont)?.name).toBe("host0");
    expect(link.peerOf(pair().inCont, host, pair().host)?.name).toBe("eth0");
  });

  test("case S4, kind: it is not proved by two indexes that point at each other", () => {
    const path = join(mkdtempSync(join(tmpdir(), "peer-")), "victim");
    createNetns(path);
    try {
      using victim = Netns.open(path);
      using inVictim = RouteSocket.open(victim);
      pair().connect(); // the host's namespace knows that of the container, too
      const peer = { name: "eth1", netns: victim };
      link.add(pair().onHost, { name: "host1", kind: "veth", peer });
      const host = found(pair().onHost, "host1");
      const real = found(inVictim, "eth1");
      // The other container makes a pair of its own with the numbers of the victim's.
      const twin = { name: "eth1", kind: "veth", peer: { name: "decoy" } };
      link.add(pair().inCont, twin);
      const forged = { ...found(pair().inCont, "eth1"), index: real.index, linkIndex: host.index };
      expect([host.linkIndex, host.kind]).toEqual([forged.index, forged.kind]);
      expect(link.isPeer(pair().onHost, host, forged, pair().cont)).toBe(false);
      expect(link.peerOf(pair().onHost, forged, pair().cont)).toBeUndefined();
      expect(link.isPeer(pair().onHost, host, real, victim)).toBe(true);
    } finally {
      deleteNetns(path);
      rmSync(dirname(path), { recursive: true });
    }
  });

  test("is none of a link without one, or of a link of another kind", () => {
    const index = pair().connect();
    const eth0 = found(pair().inCont, "eth0");
    const bridge = found(pair().onHost, "br0");
    expect(link.isPeer(pair().onHost, bridge, eth0, pair().cont)).toBe(false);
    expect(link.peerOf(pair().onHost, found(pair().inCont, "lo"), pair().cont)).toBeUndefined();
    link.delete(pair().onHost, index.host);
    expect(link.peerOf(pair().onHost, eth0, pair().cont)).toBeUndefined();
  });
});
