import { expect, test } from "bun:test";
import { tryPlugin } from "../../plugin/index.ts";
import type { JsonObject, JsonValue } from "../../spec/index.ts";
import { parseFlags } from "./daemon/flags.ts";
import { activatedDescriptor } from "./daemon/listen.ts";
import { plugin } from "./index.ts";

async function failure(ipam: JsonObject, args = ""): Promise<JsonValue | undefined> {
  const config = { cniVersion: "1.1.0", name: "net1", type: "dhcp", ipam };
  const { json } = await tryPlugin(plugin, { operation: "STATUS", config, args });
  return json;
}

test("wrong keys are code 7 before anybody is asked", async () => {
  const wrong: [JsonObject, string][] = [
    [{ provide: [{ option: "bogus" }] }, 'Can not parse option "bogus"'],
    [{ request: [{ option: "256" }] }, 'Can not parse option "256"'],
    [{ provide: [{ option: "12", value: "x".repeat(256) }] }, "value too long for option 12"],
    [{ provide: [{ option: "53", value: "x" }] }, "option 53 cannot be provided"],
    [{ priority: -1 }, "ipam.priority"],
    [{ daemonSocketPath: 5 }, "ipam.daemonSocketPath"],
  ];
  for (const [ipam, msg] of wrong) {
    expect(await failure(ipam)).toMatchObject({
      code: 7,
      msg: expect.stringContaining(msg) as string,
    });
  }
});

test("a value that is too long is an error of CNI_ARGS where it comes from there", async () => {
  const ipam = { provide: [{ option: "host-name", fromArg: "K8S_POD_NAME" }] };
  expect(await failure(ipam, `K8S_POD_NAME=${"x".repeat(256)}`)).toMatchObject({
    ...{ code: 4, msg: "value too long for option host-name (from K8S_POD_NAME in CNI_ARGS)" },
  });
});

test("arguments that the plugin does not know are fine", async () => {
  const ipam = { daemonSocketPath: "/nonexistent/dhcp.sock" };
  expect(await failure(ipam, "MAC=x;ANYTHING=y")).toMatchObject({ code: 50 });
});

test("flags are read as Go reads them", () => {
  const words = ["-pidfile", "/run/p", "--hostprefix=/host", "-broadcast", "-timeout", "1m0.5s"];
  expect(parseFlags(words)).toEqual({
    ...{ pidFile: "/run/p", hostPrefix: "/host", broadcast: true, timeoutMs: 60_500 },
    ...{ socketPath: "/run/cni/dhcp.sock", resendMaxMs: 62_000, resendTimeoutMs: 208_000 },
  });
  expect(parseFlags(["-broadcast=false"]).broadcast).toBe(false);
  for (const wrong of ["-x", "word", "-timeout", "-timeout=5", "-timeout=0s", "-pidfile=rel"]) {
    expect(() => parseFlags([wrong])).toThrow();
  }
});

test("systemd hands over one socket to this process, or none", () => {
  expect(activatedDescriptor({ LISTEN_PID: "7", LISTEN_FDS: "1" }, 7)).toBe(3);
  expect(activatedDescriptor({ LISTEN_PID: "8", LISTEN_FDS: "1" }, 7)).toBeUndefined();
  expect(activatedDescriptor({}, 7)).toBeUndefined();
  expect(() => activatedDescriptor({ LISTEN_PID: "7", LISTEN_FDS: "2" }, 7)).toThrow(/one socket/);
});
