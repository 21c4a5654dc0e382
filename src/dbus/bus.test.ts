import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needs } from "../../tests/support/needs.ts";
import { socketOf, systemBusAddress } from "./address.ts";
import { Bus, BusUnavailable, DbusError } from "./index.ts";

const directory = mkdtempSync(join(tmpdir(), "hawser-dbus-"));
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
afterAll(() => rmSync(directory, { recursive: true }));

async function failure(work: Promise<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("it did not fail");
}

/** Serves one socket with fixed words, which come as soon as the client sends something. */
function speaker(name: string, words: string | Uint8Array): string {
  const unix = join(directory, name);
  const server = Bun.listen({ unix, socket: { data: (socket) => void socket.write(words) } });
  ends.push(() => server.stop(true));
  return `unix:path=${unix}`;
}

describe("an address", () => {
  test("comes from the environment, or is where the system bus always is", () => {
    expect(systemBusAddress({})).toBe("unix:path=/run/dbus/system_bus_socket");
    expect(systemBusAddress({ DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/x" })).toBe("unix:path=/x");
  });

  test("names a path or an abstract socket, with escapes and further keys", () => {
    expect(socketOf("tcp:host=a;unix:guid=1,path=/a%20b")).toBe("/a b");
    expect(socketOf("unix:abstract=x,guid=2")).toBe("\0x");
    expect(() => socketOf("tcp:host=a")).toThrow(BusUnavailable);
    expect(() => socketOf("")).toThrow(BusUnavailable);
  });
});

describe("what is no bus", () => {
  test("nobody listens", async () => {
    const error = await failure(Bus.connect(`unix:path=${directory}/none`));
    expect(error).toBeInstanceOf(BusUnavailable);
    expect(error.message).toContain(`${directory}/none`);
  });

  const answers: [string, string | Uint8Array, string][] = [
    ["it rejects", "REJECTED EXTERNAL\r\n", "rejected"],
    ["it babbles", "x".repeat(2000), "not understood"],
    ["it greets and speaks HTTP", "OK 1\r\nHTTP/1.1 400 Bad Request\r\n\r\n", "not understood"],
    ["it says nothing", "", "did not answer Hello"],
  ];
  test.each(answers)("%s", async (name, words, text) => {
    const address = speaker(name.replaceAll(" ", "-"), words);
    const error = await failure(Bus.connect(address, { timeoutMs: 200 }));
    expect(error).toBeInstanceOf(BusUnavailable);
    expect(error.message).toContain(text);
  });

  test("it hangs up", async () => {
    const unix = join(directory, "hangs-up");
    const server = Bun.listen({ unix, socket: { data: (socket) => void socket.end() } });
    ends.push(() => server.stop(true));
    const error = await failure(Bus.connect(`unix:path=${unix}`));
    expect(error).toBeInstanceOf(BusUnavailable);
  });
});

async function daemon(): Promise<string> {
  const unix = join(directory, "bus");
  const config = join(directory, "bus.conf");
  writeFileSync(
    config,
    `<busconfig><type>system</type><listen>unix:path=${unix}</listen><auth>EXTERNAL</auth>
     <policy context="default"><allow user="*"/><allow own="*"/>
     <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/></policy></busconfig>`,
  );
  const argv = ["dbus-daemon", `--config-file=${config}`, "--nofork", "--print-address=1"];
  const child = Bun.spawn(argv, { stdout: "pipe", stderr: "ignore" });
  ends.push(async () => {
    child.kill();
    await child.exited;
  });
  const { value } = await child.stdout.getReader().read();
  return new TextDecoder().decode(value).trim();
}

needs("dbus-daemon")("a real bus answers, with values and with errors", async () => {
  using bus = await Bus.connect(await daemon());
  expect(await bus.hasOwner("org.freedesktop.DBus")).toBe(true);
  expect(await bus.hasOwner("org.example.Nobody")).toBe(false);
  const dbus = "org.freedesktop.DBus";
  const place = { destination: dbus, path: "/", interface: dbus };
  expect(await bus.call({ ...place, member: "GetId" })).toMatch(/^[0-9a-f]{32}$/);
  const error = await failure(
    bus.call({ ...place, member: "Nonsense", args: ["x".repeat(70_000)] }),
  );
  expect(error).toBeInstanceOf(DbusError);
  expect(error).toHaveProperty("errorName", "org.freedesktop.DBus.Error.UnknownMethod");
  const nobody = { ...place, destination: "org.example.Nobody", member: "M" };
  expect(await failure(bus.call(nobody))).toHaveProperty(
    "errorName",
    "org.freedesktop.DBus.Error.NameHasNoOwner",
  );
  const both = await Promise.all([bus.hasOwner(dbus), bus.call({ ...place, member: "GetId" })]);
  expect(both.map((value) => typeof value)).toEqual(["boolean", "string"]);
});
