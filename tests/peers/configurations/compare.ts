import type { Course } from "./play.ts";

/** What two courses differ in, in words; nothing when a stranger could not tell them apart. */
export function differences(theirs: Course, ours: Course): string[] {
  if (theirs.add !== ours.add) {
    return [`ADD: Go ${theirs.add}, ours ${ours.add}: ${theirs.said || ours.said}`];
  }
  if (ours.add === "failed") return [];
  const found: string[] = [];
  for (const part of ["result", "inside", "check", "del", "remains"] as const) {
    const [go, own] = [
      part === "result" ? steady(theirs.result) : theirs[part],
      part === "result" ? steady(ours.result) : ours[part],
    ];
    if (Bun.deepEquals(go, own)) continue;
    const said =
      part === "check" || part === "del"
        ? ` (${theirs[`${part}Said`] || ours[`${part}Said`]})`
        : "";
    found.push(`${part}: Go ${JSON.stringify(go)}, ours ${JSON.stringify(own)}${said}`);
  }
  return found;
}

interface Named {
  readonly name: string;
  readonly mac?: string;
  readonly sandbox?: string;
}

/** A result without what is chosen anew each time, and without the MTU that only ours tells (D94). */
function steady(result: unknown): unknown {
  const { interfaces, ...rest } = result as {
    readonly interfaces?: readonly (Named & { mtu?: number })[];
  };
  return {
    ...rest,
    ...(interfaces === undefined
      ? {}
      : {
          interfaces: interfaces.map(({ mtu: _mtu, ...link }) => ({
            ...link,
            name: link.name.replace(/^(veth|bwp)[0-9a-f]+$/, "$1"),
            ...(link.mac === undefined ? {} : { mac: isChosen(link.mac) ? link.mac : "MAC" }),
          })),
        }),
  };
}

/** The MACs that the generated configurations ask for. */
function isChosen(mac: string): boolean {
  return ["02:00:00:00:00:07", "02:00:00:00:00:09", "c2:11:22:33:44:55"].includes(
    mac.toLowerCase(),
  );
}
