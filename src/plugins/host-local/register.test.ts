import { expect, test } from "bun:test";
import {
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { type Answer, addressesOf, Lab } from "../../../tests/support/host-local.ts";

const SUBNET = { subnet: "10.1.0.0/28" };
const RANGES = { ranges: [[{ subnet: "10.1.0.0/28" }], [{ subnet: "fd00:1::/64" }]] };

const registerOf = (lab: Lab): string => join(lab.dataDir, ".hawser", lab.network);

interface Action {
  readonly what: "ADD" | "DEL" | "CHECK" | "GC" | "make" | "empty" | "unlink" | "rename" | "lose";
  readonly container: number;
  readonly host: number;
  readonly wish: boolean;
}

const CALLS = ["ADD", "ADD", "ADD", "DEL", "DEL", "CHECK", "GC"] as const;
const CHANGES = ["make", "empty", "unlink", "rename", "lose"] as const;
const action: fc.Arbitrary<Action> = fc.record({
  what: fc.constantFrom(...CALLS, ...CALLS, ...CHANGES),
  container: fc.nat(5),
  host: fc.integer({ min: 2, max: 14 }),
  wish: fc.boolean(),
});

/** What another process does to the directory, lock or no lock. */
function meddle(lab: Lab, { what, container, host, wish }: Action): void {
  const path = join(lab.directory, `10.1.0.${host}`);
  switch (what) {
    case "make":
      if (!existsSync(path)) {
        writeFileSync(path, wish ? `cid${container}` : `cid${container}\r\neth0`);
      }
      return;
    case "empty":
      if (existsSync(path)) return;
      writeFileSync(path, wish ? "" : "\0\0\0");
      utimesSync(path, 1, 1);
      return;
    case "unlink":
      rmSync(path, { force: true });
      return;
    case "rename": {
      const other = join(lab.directory, `10.1.0.${container + 2}`);
      if (existsSync(path) && !existsSync(other)) renameSync(path, other);
      return;
    }
    default:
      rmSync(join(lab.dataDir, ".hawser"), { recursive: true, force: true });
  }
}

async function act(lab: Lab, { what, container, host, wish }: Action): Promise<Answer> {
  const containerId = `cid${container}`;
  const valid = [{ containerID: containerId, ifname: "eth0" }];
  const more = what === "GC" ? { "cni.dev/valid-attachments": valid } : {};
  return await lab.call({
    operation: what as "ADD",
    config: lab.config(RANGES, more),
    ...(what === "GC" ? {} : { containerId }),
    ...(what === "ADD" && wish ? { args: `IP=10.1.0.${host}` } : {}),
  });
}

const filesOf = (lab: Lab): string[][] =>
  existsSync(lab.directory) ? lab.reservations().map((name) => [name, lab.read(name)]) : [];

/** Of several addresses that the attachment has already, any may be reported. */
const messageOf = ({ json }: Answer): string =>
  String(json?.["msg"]).replace(/[\d.]+ has been allocated/, "… has been allocated");

test("any sequence of calls and of others' changes ends as without a register", async () => {
  let known = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
      using lab = new Lab();
      // The model has no register: every call reads all there is.
      using model = new Lab();
      for (const next of actions) {
        rmSync(join(model.dataDir, ".hawser"), { recursive: true, force: true });
        if (CALLS.some((call) => call === next.what)) {
          const [answer, expected] = [await act(lab, next), await act(model, next)];
          expect(messageOf(answer)).toBe(messageOf(expected));
          expect(answer.json?.["code"]).toBe(expected.json?.["code"] as number);
          expect(addressesOf(answer)).toEqual(addressesOf(expected));
          known += existsSync(registerOf(lab)) ? 1 : 0;
        } else if (existsSync(lab.directory)) {
          meddle(lab, next);
          meddle(model, next);
        }
        expect(filesOf(lab)).toEqual(filesOf(model));
      }
    }),
    { numRuns: 60 },
  );
  expect(known).toBeGreaterThan(100);
}, 60_000);

test("ADD and DEL read no reservation but the attachment's own", async () => {
  using lab = new Lab();
  const others = ["10.1.0.2", "10.1.0.3", "10.1.0.4"];
  for (const name of others) await lab.add(name, SUBNET);
  const unread = new Date(1000);
  const wasRead = (name: string): boolean => statSync(join(lab.directory, name)).atimeMs !== 1000;
  for (const name of others) utimesSync(join(lab.directory, name), unread, new Date());
  expect(addressesOf(await lab.add("cid1", SUBNET))).toEqual(["10.1.0.5"]);
  expect((await lab.add("cid1", SUBNET)).json).toMatchObject({ code: 4 });
  expect((await lab.del("cid1")).exitCode).toBe(0);
  expect((await lab.del("never")).exitCode).toBe(0);
  expect(others.filter(wasRead)).toEqual([]);
  // The measure itself: without the register all are read.
  unlinkSync(registerOf(lab));
  await lab.del("never");
  expect(others.filter(wasRead)).toEqual(others);
});

test("a reservation whose text somebody changed is found all the same when it is in the way", async () => {
  using lab = new Lab();
  await lab.add("cid1", SUBNET);
  await lab.add("cid2", SUBNET);
  // Nothing but the file itself tells of this.
  writeFileSync(join(lab.directory, "10.1.0.2"), "cid3\r\neth0");
  expect((await lab.del("cid1")).exitCode).toBe(0);
  expect(lab.reservations()).toEqual(["10.1.0.2", "10.1.0.3"]);
  // The surprise had everything read again.
  expect((await lab.del("cid3")).exitCode).toBe(0);
  expect(lab.reservations()).toEqual(["10.1.0.3"]);
});

test("a long row of taken addresses is passed over", async () => {
  using lab = new Lab();
  const ipam = { subnet: "10.1.0.0/22" };
  await lab.add("first", ipam);
  for (let n = 3; n < 600; n++) {
    writeFileSync(join(lab.directory, `10.1.${n >> 8}.${n & 255}`), `c${n}\r\neth0`);
  }
  for (const next of ["10.1.2.88", "10.1.2.89"]) {
    expect(addressesOf(await lab.add(next, ipam))).toEqual([next]);
    writeFileSync(join(lab.directory, "last_reserved_ip.0"), "10.1.0.1");
  }
});

test("an exhausted range gives the one address that nobody holds, whatever the register says", async () => {
  using lab = new Lab();
  const ipam = { subnet: "10.1.0.0/29" };
  for (let n = 0; n < 5; n++) await lab.add(`cid${n}`, ipam);
  writeFileSync(join(lab.directory, "10.1.0.4"), "");
  utimesSync(join(lab.directory, "10.1.0.4"), 1, 1);
  expect(addressesOf(await lab.add("next", ipam))).toEqual(["10.1.0.4"]);
  expect((await lab.add("more", ipam)).json).toMatchObject({ code: 11 });
});

test("the register names no container, and is readable for root only", async () => {
  using lab = new Lab();
  await lab.add("secret-name", SUBNET);
  await lab.del("secret-name");
  await lab.add("secret-name", SUBNET);
  const text = readFileSync(registerOf(lab), "utf8");
  expect(text).toContain(" 10.1.0.3 ");
  expect(text).not.toContain("secret");
  expect(statSync(registerOf(lab)).mode & 0o777).toBe(0o600);
});

test("while a file is just being written by somebody without the lock, no register is written", async () => {
  using lab = new Lab();
  await lab.add("cid1", SUBNET);
  const path = join(lab.directory, "10.1.0.9");
  writeFileSync(path, "");
  const soon = Date.now() / 1000 + 60;
  utimesSync(path, soon, soon);
  await lab.add("cid2", SUBNET);
  // The directory does not tell of this.
  writeFileSync(path, "slow\r\neth0");
  await lab.del("slow");
  expect(lab.reservations()).toEqual(["10.1.0.2", "10.1.0.3"]);
});
