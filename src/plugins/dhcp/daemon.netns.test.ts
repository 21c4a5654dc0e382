import { describe, expect } from "bun:test";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dhcpLab, SOCKET } from "../../../tests/support/dhcp.ts";
import { failureOf } from "../../../tests/support/fails.ts";
import { needs } from "../../../tests/support/needs.ts";
import { until } from "../../../tests/support/until.ts";

const lab = dhcpLab();
const { one } = lab;

const test = needs("ip", "nsenter");

/** Sends bytes to the daemon and gives all that it answers. */
async function say(bytes: string | Uint8Array, hangUp = false): Promise<string> {
  let heard = "";
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = await Bun.connect({
    unix: SOCKET,
    socket: {
      data(_, piece) {
        heard += piece.toString();
      },
      close: () => resolve(heard),
      error: () => resolve(heard),
    },
  });
  const all = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  for (let at = 0; at < all.length; ) {
    const sent = socket.write(all.subarray(at));
    if (sent < 0) break;
    at += sent;
    if (sent === 0) await Bun.sleep(5);
  }
  if (hangUp) socket.end();
  return await promise;
}

const attachment = { network: "net1", containerId: "id", ifName: "eth0" };

describe("the socket", () => {
  test("is for root alone, and goes with the daemon, as does the file of its number", async () => {
    const daemon = await lab.daemon("-pidfile", "/run/dhcp.pid");
    expect(statSync(SOCKET).mode & 0o777).toBe(0o600);
    expect(readFileSync("/run/dhcp.pid", "utf8")).toBe(String(daemon.pid));
    expect(await daemon.end("SIGTERM")).toBe(0);
    expect(existsSync(SOCKET)).toBe(false);
    expect(existsSync("/run/dhcp.pid")).toBe(false);
  });

  test("that a killed daemon has left is taken", async () => {
    const first = await lab.daemon();
    await first.end("SIGKILL");
    expect(existsSync(SOCKET)).toBe(true);
    await lab.daemon();
    expect(await lab.call("STATUS", one)).toMatchObject({ exitCode: 0, stdout: "" });
  });

  test("of a daemon that lives is left to it", async () => {
    await lab.daemon();
    expect(await failureOf(lab.daemon())).toContain("another daemon listens at /run/cni/dhcp.sock");
    expect(await lab.call("STATUS", one)).toMatchObject({ exitCode: 0, stdout: "" });
  });

  test("is not put in place of something else", async () => {
    mkdirSync("/run/cni", { recursive: true });
    writeFileSync(SOCKET, "precious");
    expect(await failureOf(lab.daemon())).toContain("exists and is no socket");
    expect(readFileSync(SOCKET, "utf8")).toBe("precious");
  });

  test("has the prefix of the host's files before it", async () => {
    await lab.daemon("-hostprefix", "/run/host", "-socketpath=/run/cni/d.sock");
    const ipam = { daemonSocketPath: "/run/host/run/cni/d.sock" };
    expect(await lab.call("STATUS", one, ipam)).toMatchObject({ exitCode: 0, stdout: "" });
  });

  needs("systemd-socket-activate")("may be systemd's", async () => {
    mkdirSync("/run/cni", { recursive: true });
    const main = new URL("../../cli/main.ts", import.meta.url).pathname;
    const argv = [
      ...["systemd-socket-activate", "--listen", SOCKET],
      ...[process.execPath, main, "dhcp", "daemon"],
    ];
    const running = await lab.start(argv, /Listening on/);
    expect(await lab.call("STATUS", one)).toMatchObject({ exitCode: 0, stdout: "" });
    await running.end("SIGTERM");
    expect(existsSync(SOCKET)).toBe(true);
  });
});

describe("without a daemon", () => {
  test("STATUS is code 50, ADD and CHECK are code 11, and both say how to start one", async () => {
    for (const [command, code] of [
      ["STATUS", 50],
      ["ADD", 11],
      ["CHECK", 11],
    ] as const) {
      const { json } = await lab.call(command, one);
      expect(json).toMatchObject({
        code,
        msg: expect.stringContaining("error dialing DHCP daemon: /run/cni/dhcp.sock: ") as string,
        details: expect.stringContaining("hawser dhcp daemon") as string,
      });
    }
  });

  test("but something else at its socket DEL succeeds, ADD says what it is", async () => {
    mkdirSync("/run/cni", { recursive: true });
    const answers = [
      "HTTP/1.1 400 Bad Request\r\n\r\n",
      "hello\n",
      '{"hawser-dhcp":2,"ok":{}}\n',
      "",
    ];
    for (const answer of answers) {
      using _server = Bun.listen({
        unix: SOCKET,
        socket: {
          data(socket) {
            socket.write(answer);
            socket.end();
          },
        },
      });
      expect(await lab.call("DEL", one)).toMatchObject({ exitCode: 0, stdout: "" });
      expect((await lab.call("ADD", one)).json).toMatchObject({
        code: 11,
        msg: expect.stringMatching(
          /another dhcp plugin|it is none|speaks version 2|hung up/,
        ) as string,
      });
    }
  });
});

describe("a caller", () => {
  test("that is the Go plugin is told that this is another daemon", async () => {
    await lab.daemon();
    const heard = await say("CONNECT /_goRPC_ HTTP/1.0\n\n");
    expect(heard).toStartWith("HTTP/1.0 505 this is Hawser's DHCP daemon");
  });

  const malformed: Readonly<Record<string, string>> = {
    "no JSON": "GET / HTTP/1.1",
    "no version": "{}",
    "another version": '{"hawser-dhcp":2,"call":"status"}',
    "an unknown call": '{"hawser-dhcp":1,"call":"explode"}',
    "a name with a slash": JSON.stringify({
      ...{ "hawser-dhcp": 1, call: "del" },
      attachment: { ...attachment, containerId: "../../etc" },
    }),
    "a relative namespace": JSON.stringify({
      ...{ "hawser-dhcp": 1, call: "add", attachment, options: { provide: [], request: [] } },
      netns: { path: "ns", dev: "1", ino: "1" },
    }),
    "an option of 300": JSON.stringify({
      ...{ "hawser-dhcp": 1, call: "add", attachment },
      options: { provide: [[300, "00"]], request: [] },
      netns: { path: "/run/netns/one", dev: "1", ino: "1" },
    }),
    "a list in a list in a list": "[".repeat(50_000),
  };
  for (const [what, line] of Object.entries(malformed)) {
    test(`that sends ${what} is told so`, async () => {
      await lab.daemon();
      expect(JSON.parse(await say(`${line}\n`))).toMatchObject({
        error: { code: 6, msg: expect.stringContaining("malformed request") as string },
      });
    });
  }

  test("that sends too much is cut off, one that hangs up half-way is forgotten", async () => {
    const daemon = await lab.daemon();
    expect(await say(new Uint8Array(1_000_000).fill(0x41))).toContain("more than 65536 bytes");
    expect(await say('{"hawser-dhcp":1,', true)).toBe("");
    const descriptors = async (): Promise<number> => {
      const { readdirSync } = await import("node:fs");
      const links = readdirSync(`/proc/${daemon.pid}/fd`);
      return links.length;
    };
    const before = await descriptors();
    for (let round = 0; round < 20; round++) await say('{"hawser-dhcp":1,', true);
    await until("descriptors are left open", async () => (await descriptors()) <= before, 3000);
    expect(await lab.call("STATUS", one)).toMatchObject({ exitCode: 0, stdout: "" });
  });

  test("cannot have a lease for another namespace than it has seen itself", async () => {
    await lab.daemon();
    const request = {
      ...{ "hawser-dhcp": 1, call: "add", attachment },
      options: { provide: [], request: [] },
      netns: { path: one.netns, dev: "1", ino: "1" },
    };
    expect(JSON.parse(await say(`${JSON.stringify(request)}\n`))).toMatchObject({
      error: {
        code: 4,
        msg: expect.stringContaining("is another network namespace now") as string,
      },
    });
  });

  test("that names an interface that is not there is told so", async () => {
    await lab.daemon();
    expect((await lab.call("ADD", one, {}, { ifName: "eth7" })).json).toMatchObject({
      ...{ code: 4, msg: "interface eth7 is missing in the container" },
    });
    expect((await lab.call("ADD", one, {}, { ifName: "lo" })).json).toMatchObject({
      ...{ code: 7, msg: expect.stringContaining("no Ethernet link") as string },
    });
  });
});
