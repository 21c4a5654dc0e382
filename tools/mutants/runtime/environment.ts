import type { About, Fault } from "./fault.ts";
import { runtimeMutants } from "./make.ts";

/** Faults of the environment, and of where a plugin runs. */

function sets(change: (env: Record<string, string>, about: About) => void): Fault {
  return { env: change };
}

function unset(name: string): Fault {
  return sets((env) => {
    delete env[name];
  });
}

export const environment = runtimeMutants({
  "no-path": ["CNI_PATH is missing", unset("CNI_PATH")],
  "path-of-one": [
    "CNI_PATH has the first directory only",
    sets((env) => {
      env["CNI_PATH"] = (env["CNI_PATH"] ?? "").split(":")[0] ?? "";
    }),
  ],
  "path-with-commas": [
    "the directories of CNI_PATH are parted by commas",
    sets((env) => {
      env["CNI_PATH"] = (env["CNI_PATH"] ?? "").replaceAll(":", ",");
    }),
  ],
  "no-args": [
    "CNI_ARGS is empty",
    sets((env) => {
      env["CNI_ARGS"] = "";
    }),
  ],
  "args-with-commas": [
    "the pairs of CNI_ARGS are parted by commas",
    sets((env) => {
      env["CNI_ARGS"] = (env["CNI_ARGS"] ?? "").replaceAll(";", ",");
    }),
  ],
  "no-args-in-del": [
    "CNI_ARGS is empty in DEL",
    sets((env, { operation }) => {
      if (operation === "DEL") env["CNI_ARGS"] = "";
    }),
  ],
  "no-args-in-check": [
    "CNI_ARGS is empty in CHECK",
    sets((env, { operation }) => {
      if (operation === "CHECK") env["CNI_ARGS"] = "";
    }),
  ],
  "no-ifname": ["CNI_IFNAME is missing", unset("CNI_IFNAME")],
  "no-container-id": ["CNI_CONTAINERID is missing", unset("CNI_CONTAINERID")],
  "no-netns": ["CNI_NETNS is missing", unset("CNI_NETNS")],
  "no-netns-in-check": [
    "CNI_NETNS is empty in CHECK",
    sets((env, { operation }) => {
      if (operation === "CHECK") env["CNI_NETNS"] = "";
    }),
  ],
  "ifname-by-position": [
    "each plugin of a chain has another CNI_IFNAME",
    sets((env, { index }) => {
      if ((env["CNI_IFNAME"] ?? "") !== "") env["CNI_IFNAME"] = `${env["CNI_IFNAME"]}${index}`;
    }),
  ],
  "ifname-always-eth0": [
    "CNI_IFNAME is eth0 always",
    sets((env) => {
      if ((env["CNI_IFNAME"] ?? "") !== "") env["CNI_IFNAME"] = "eth0";
    }),
  ],
  "id-shortened": [
    "CNI_CONTAINERID is cut to 12 characters",
    sets((env) => {
      env["CNI_CONTAINERID"] = (env["CNI_CONTAINERID"] ?? "").slice(0, 12);
    }),
  ],
  "id-of-del": [
    "CNI_CONTAINERID of DEL is another than that of ADD",
    sets((env, { operation }) => {
      if (operation === "DEL") env["CNI_CONTAINERID"] = `${env["CNI_CONTAINERID"]}-del`;
    }),
  ],
  "command-in-small-letters": [
    "CNI_COMMAND is in small letters",
    sets((env) => {
      env["CNI_COMMAND"] = (env["CNI_COMMAND"] ?? "").toLowerCase();
    }),
  ],
  "gc-with-a-container": [
    "GC has the parameters of an attachment",
    sets((env, { operation }) => {
      if (operation !== "GC" && operation !== "STATUS") return;
      env["CNI_CONTAINERID"] = "some";
      env["CNI_IFNAME"] = "eth0";
    }),
  ],
  "environment-by-position": [
    "the second plugin of a chain lacks what the first one has",
    sets((env, { index }) => {
      if (index > 0) env["CNI_ARGS"] = "";
    }),
  ],
  "in-the-container": [
    "plugins run in the container's namespace",
    {
      call: async (call, run) => {
        const netns = call.env["CNI_NETNS"] ?? "";
        if (netns === "") return await run(call);
        const started = performance.now();
        const { stdin, env, path } = call;
        const ended = Bun.spawnSync(["nsenter", `--net=${netns}`, path], {
          stdin: Buffer.from(stdin.toString()),
          env: { ...env },
        });
        return {
          stdout: ended.stdout.toString(),
          stderr: ended.stderr.toString(),
          exitCode: ended.exitCode,
          signal: null,
          ms: performance.now() - started,
        };
      },
    },
  ],
});
