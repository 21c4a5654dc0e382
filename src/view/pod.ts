import type { CachedAttachment } from "../runtime/index.ts";

/** A pod, or a container that its runtime has named. */
export interface Pod {
  readonly namespace?: string;
  readonly name: string;
}

/** The pod of the runtime's arguments, or the name that it has given to the container. */
export function podOf(args: CachedAttachment["args"]): Pod | undefined {
  const name = argument(args, "K8S_POD_NAME");
  if (name === undefined) return undefined;
  const namespace = argument(args, "K8S_POD_NAMESPACE");
  return namespace === undefined ? { name } : { name, namespace };
}

function argument(args: CachedAttachment["args"], wanted: string): string | undefined {
  for (const pair of args) if (pair[0] === wanted) return pair[1] || undefined;
  return undefined;
}

/** `NAMESPACE/NAME`, or the name alone. */
export function podName({ namespace, name }: Pod): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}
