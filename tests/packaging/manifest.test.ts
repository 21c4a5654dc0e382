import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeProgram } from "../../src/cli/hawser.ts";
import { VERSION } from "../../src/cli/version.ts";
import { PLUGINS } from "../../src/plugins/registry/index.ts";
import { networkFromText } from "../../src/runtime/index.ts";
import { IMAGE_DIR } from "../../tools/image/rootfs.ts";
import { fakeIo } from "../support/cli-io.ts";
import { unitEnvironment } from "../support/unit.ts";
import { type Container, readKubernetesManifest, type Volume } from "./manifest.ts";

/** The DaemonSet, as far as it can be judged without a cluster. */

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const { config, set } = readKubernetesManifest();
const { spec } = set.spec.template;
const [init] = spec.initContainers;
const [daemon] = spec.containers;

/** The value of an option, as `--name=value`. */
function option({ args }: Container, name: string): string | undefined {
  return args.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
}

/** Where the container sees a path of the node, or of a ConfigMap. */
function mountOf({ volumeMounts }: Container, path: string): Volume | undefined {
  const found = volumeMounts.find(({ mountPath }) => `${path}/`.startsWith(`${mountPath}/`));
  return spec.volumes.find(({ name }) => name === found?.name);
}

function hostPaths(container: Container): [inside: string, outside: string | undefined][] {
  return container.volumeMounts.flatMap(({ name, mountPath }) => {
    const volume = spec.volumes.find((each) => each.name === name);
    if (volume !== undefined && "configMap" in volume) return [];
    const outside = volume && "hostPath" in volume ? volume.hostPath.path : undefined;
    return [[mountPath, outside] as [string, string | undefined]];
  });
}

/** What the command line offers under the words, and the flags among them that it does not. */
function unknownFlags(words: readonly string[]): string[] {
  const program = makeProgram(fakeIo([]).io, () => {});
  const [name = "", ...rest] = words;
  const command = program.commands.find((each) => each.name() === name);
  if (command === undefined) return [name];
  const flags = rest
    .filter((word) => word.startsWith("--"))
    .map((word) => word.split("=")[0] ?? "");
  return flags.filter((flag) => !command.options.some(({ long }) => long === flag));
}

test("labels agree, and everything is in one namespace", () => {
  expect(set.spec.template.metadata.labels).toMatchObject(set.spec.selector.matchLabels);
  expect(config.metadata.namespace).toBe(set.metadata.namespace);
  expect(spec.priorityClassName).toBe("system-node-critical");
  expect(spec.tolerations).toEqual([{ operator: "Exists" }]);
});

test("the network is one, of plugins that Hawser has", () => {
  const [[name = "", text = ""] = [], ...others] = Object.entries(config.data);
  expect(others).toEqual([]);
  expect(option(init, "conflist")).toBe(`/etc/hawser/${name}`);
  expect(JSON.parse(text)).toMatchObject({ name: "hawser" });
  const types = networkFromText(text).plugins.map(({ type }) => type);
  expect(types.filter((type) => !PLUGINS.has(type))).toEqual([]);
});

describe.each([init, daemon])("container $name", (container) => {
  test("is of this version", () => {
    expect(container.image).toBe(`localhost/hawser:${VERSION}`);
  });

  test("uses a command and flags that there are", () => {
    expect(unknownFlags(container.args)).toEqual([]);
  });

  test("mounts volumes that there are, under the same paths as on the node", () => {
    const paths = hostPaths(container);
    expect(paths.length).toBeGreaterThan(0);
    expect(paths.filter(([inside, outside]) => inside !== outside)).toEqual([]);
    const names = new Set(spec.volumes.map(({ name }) => name));
    expect(container.volumeMounts.filter(({ name }) => !names.has(name))).toEqual([]);
  });

  test("writes to nothing but its mounts", () => {
    expect(container.securityContext.readOnlyRootFilesystem).toBe(true);
  });
});

test("every volume is mounted somewhere", () => {
  const mounted = new Set(
    [init, daemon].flatMap(({ volumeMounts }) => volumeMounts.map((m) => m.name)),
  );
  expect(spec.volumes.map(({ name }) => name).filter((name) => !mounted.has(name))).toEqual([]);
});

test("install writes where the node looks, with no right but root's own", () => {
  for (const name of ["bin-dir", "conf-dir"]) {
    const path = option(init, name) ?? "";
    expect(mountOf(init, path)).toMatchObject({ hostPath: { path } });
  }
  expect(mountOf(init, option(init, "conflist") ?? "")).toHaveProperty("configMap");
  expect(init.securityContext).toMatchObject({
    privileged: false,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
  });
});

test("the daemon has its socket where entry programs look, and sees namespaces that come later", () => {
  const socket = option(daemon, "socket") ?? "";
  const unit = readFileSync(join(ROOT, "packaging/systemd/hawser.socket"), "utf8");
  expect(unit).toContain(`\nListenStream=${socket}\n`);
  expect(mountOf(daemon, socket)).toMatchObject({ hostPath: { path: "/run/hawser" } });
  const netns = daemon.volumeMounts.find(({ mountPath }) => mountPath === "/run/netns");
  expect(netns?.mountPropagation).toBe("HostToContainer");
});

test("the daemon has the engine's settings that its systemd unit has", () => {
  const given = Object.fromEntries(daemon.env.map(({ name, value }) => [name, value]));
  expect(given).toEqual(unitEnvironment());
});

test("case G2: the pod is ready at once when the startup probe succeeds, and that looks every second", () => {
  // The kubelet takes a container that has started and has no readiness probe for ready.
  expect(daemon.readinessProbe).toBeUndefined();
  expect(daemon.startupProbe).toMatchObject({ periodSeconds: 1 });
});

test("case G2, kind: a daemon has a minute to start, and a probe five seconds", () => {
  const { failureThreshold = 0, periodSeconds = 0, timeoutSeconds } = daemon.startupProbe ?? {};
  expect([failureThreshold * periodSeconds, timeoutSeconds]).toEqual([60, 5]);
});

test("case G2, kind: no probe looks for the first time after a pause", () => {
  for (const probe of [daemon.startupProbe, daemon.livenessProbe]) {
    expect(probe?.initialDelaySeconds ?? 0).toBe(0);
  }
});

test("probes run the image's executable with words that it knows", () => {
  for (const probe of [daemon.startupProbe, daemon.livenessProbe]) {
    const [program, ...words] = probe?.exec.command ?? [];
    expect(program).toBe(`${IMAGE_DIR}/hawser`);
    expect(unknownFlags(words)).toEqual([]);
  }
});

test("the recipe starts the executable where the image has it", () => {
  const recipe = readFileSync(join(ROOT, "packaging/container/Containerfile"), "utf8");
  expect(recipe).toContain(`\nENTRYPOINT ["${IMAGE_DIR}/hawser"]\n`);
  expect(recipe).toContain("\nFROM scratch\n");
});
