import { expect, test } from "bun:test";
import { pairForEachTest, refused } from "../../../tests/support/route-pair.ts";
import { Ip, Prefix } from "../../addr/index.ts";
import {
  address,
  LIST_LIMIT,
  ListLimitError,
  link,
  type RouteSocket,
  route,
  rule,
} from "../../kernel/route/index.ts";
import { Namespaces } from "../namespaces/index.ts";
import { checkInterface } from "./check.ts";

const pair = pairForEachTest();
const RULES = 3_000;
const LIMIT_OF_KEPT = { bound: "kept", limit: LIST_LIMIT.kept };

/** What a container may do to itself: any number of routes, and of rules. */
function flood(socket: RouteSocket, index: number, count: number): void {
  const host = (at: number): Prefix =>
    Prefix.parse(`11.${at >> 16}.${(at >> 8) & 255}.${at & 255}/32`);
  const routes = Array.from({ length: count }, (_, at) =>
    route.newMessage({ dst: host(at), index, scope: route.RT_SCOPE_LINK }),
  );
  socket.batch(routes);
  const rules = Array.from({ length: RULES }, (_, at) =>
    rule.newMessage({ family: 4, from: host(at), table: 7 }),
  );
  socket.batch(rules);
}

/** The container's interface, whose namespace is full. */
function flooded(count: number): link.Link {
  const { cont: index } = pair().connect();
  const socket = pair().inCont;
  address.add(socket, { index, prefix: Prefix.parse("10.1.2.3/24") });
  route.add(socket, { dst: Prefix.parse("10.9.0.0/16"), gateway: Ip.parse("10.1.2.1"), index });
  flood(socket, index, count);
  const own = link.get(socket, index);
  if (own === undefined) throw new Error("the interface is gone");
  return own;
}

test("case S8: CHECK of an interface in a namespace full of routes is right, and keeps none of them", () => {
  const own = flooded(LIST_LIMIT.kept + 1_000); // more than a list may have
  using namespaces = Namespaces.open({ netns: pair().cont.path });
  const addresses = [{ prefix: Prefix.parse("10.1.2.3/24") }] as never;
  const promised = [{ dst: "10.9.0.0/16", gw: "10.1.2.1" }, { dst: "11.0.16.7/32" }];
  checkInterface(namespaces, own, addresses, promised);
  const gone = { dst: "10.8.0.0/16", gw: "10.1.2.1" };
  expect(() => checkInterface(namespaces, own, addresses, [gone])).toThrow(
    "route to 10.8.0.0/16 via 10.1.2.1 is missing in the container",
  );
  expect(refusedBy(() => route.list(pair().inCont))).toMatchObject(LIMIT_OF_KEPT);
});

test("case S8, kind: a list keeps what is wanted, stops at the first, and ends at its bound", () => {
  const own = flooded(5_000);
  const socket = pair().inCont;
  const wanted = Prefix.parse("11.0.10.1/32");
  let seen = 0;
  const where = (): boolean => ++seen > 0;
  expect(route.list(socket, { to: [wanted], where }).map(({ index }) => index)).toEqual([
    own.index,
  ]);
  expect(seen).toBe(1);
  const source = Prefix.parse("11.0.2.1/32");
  const isOfSource = ({ from }: rule.Rule): boolean => from?.equals(source) === true;
  expect(rule.list(socket, { where: isOfSource }).map(({ table }) => table)).toEqual([7]);
  seen = 0;
  expect(route.find(socket, { family: 4, where })?.family).toBe(4);
  expect(rule.find(socket, { family: 4, table: 7 })?.table).toBe(7);
  expect(seen).toBe(1);
  const limit = { kept: 1_000, bytes: 200_000 };
  expect(refusedBy(() => route.list(socket, { limit }))).toMatchObject({
    bound: "kept",
    limit: 1_000,
  });
  expect(refusedBy(() => route.list(socket, { to: [], limit }))).toMatchObject({ bound: "bytes" });
  // The socket is none the worse for lists that were not read to their end.
  const all = route.list(socket, { index: own.index, family: 4 });
  expect(all.length).toBeGreaterThan(5_000);
  expect(refused(() => link.delete(socket, { name: "nothing" })).code).toBe("ENODEV");
});

function refusedBy(action: () => unknown): ListLimitError {
  try {
    action();
  } catch (error) {
    if (error instanceof ListLimitError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}
