import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import { parseAllDocuments } from "yaml";

/** What the DaemonSet says, as far as the project's tests judge it. */

const PACKAGING = fileURLToPath(new URL("../../packaging", import.meta.url));

const names = v.array(v.string());
const mount = v.object({
  name: v.string(),
  mountPath: v.string(),
  readOnly: v.optional(v.boolean(), false),
  mountPropagation: v.optional(v.string()),
});
const probe = v.object({
  exec: v.object({ command: names }),
  initialDelaySeconds: v.optional(v.number()),
  periodSeconds: v.optional(v.number()),
  timeoutSeconds: v.optional(v.number()),
  failureThreshold: v.optional(v.number()),
});
const container = v.object({
  name: v.string(),
  image: v.string(),
  args: names,
  env: v.optional(v.array(v.object({ name: v.string(), value: v.string() })), []),
  securityContext: v.object({
    privileged: v.optional(v.boolean(), false),
    allowPrivilegeEscalation: v.optional(v.boolean(), true),
    readOnlyRootFilesystem: v.boolean(),
    runAsUser: v.literal(0),
    capabilities: v.optional(v.object({ drop: names })),
  }),
  startupProbe: v.optional(probe),
  readinessProbe: v.optional(probe),
  livenessProbe: v.optional(probe),
  volumeMounts: v.array(mount),
});
const volume = v.union([
  v.object({ name: v.string(), hostPath: v.object({ path: v.string(), type: v.string() }) }),
  v.object({
    name: v.string(),
    configMap: v.object({ name: v.string(), defaultMode: v.number() }),
  }),
]);
const labels = v.record(v.string(), v.string());
const metadata = v.object({ name: v.string(), namespace: v.string(), labels });
const configMap = v.object({
  apiVersion: v.literal("v1"),
  kind: v.literal("ConfigMap"),
  metadata,
  data: v.record(v.string(), v.string()),
});
const daemonSet = v.object({
  apiVersion: v.literal("apps/v1"),
  kind: v.literal("DaemonSet"),
  metadata,
  spec: v.object({
    selector: v.object({ matchLabels: labels }),
    template: v.object({
      metadata: v.object({ labels }),
      spec: v.object({
        hostNetwork: v.literal(true),
        hostPID: v.literal(true),
        priorityClassName: v.string(),
        tolerations: v.array(v.record(v.string(), v.string())),
        initContainers: v.tuple([container]),
        containers: v.tuple([container]),
        volumes: v.array(volume),
      }),
    }),
  }),
});

/** One container of the manifest. */
export type Container = v.InferOutput<typeof container>;
/** One volume of the manifest. */
export type Volume = v.InferOutput<typeof volume>;

/** packaging/kubernetes/hawser.yaml. */
export interface KubernetesManifest {
  readonly config: v.InferOutput<typeof configMap>;
  readonly set: v.InferOutput<typeof daemonSet>;
}

/** Reads the manifest; throws for YAML that is not well-formed, and for fields that are none of theirs. */
export function readKubernetesManifest(): KubernetesManifest {
  const text = readFileSync(join(PACKAGING, "kubernetes/hawser.yaml"), "utf8");
  const documents = parseAllDocuments(text, { strict: true, uniqueKeys: true });
  if (!Array.isArray(documents)) throw new Error("the manifest is empty");
  const values: unknown[] = documents.map((document) => {
    const [error] = [...document.errors, ...document.warnings];
    if (error !== undefined) throw error;
    return document.toJS() as unknown;
  });
  const [config, set, ...others] = values;
  if (others.length > 0) throw new Error("the manifest has a document that no test looks at");
  return { config: v.parse(configMap, config), set: v.parse(daemonSet, set) };
}
