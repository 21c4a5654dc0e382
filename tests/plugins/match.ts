/**
 * How a value differs from the one that was promised, a line for each place; empty when it does not.
 * "*" in what was promised stands for any value.
 */
export function differences(promised: unknown, found: unknown, at = ""): string[] {
  if (promised === "*" && found !== undefined) return [];
  const where = at === "" ? "it" : at;
  if (Array.isArray(promised) && Array.isArray(found)) {
    const longer = Math.max(promised.length, found.length);
    return Array.from({ length: longer }, (_, index) =>
      differences(promised[index], found[index], `${at}[${index}]`),
    ).flat();
  }
  if (isObject(promised) && isObject(found)) {
    const keys = new Set([...Object.keys(promised), ...Object.keys(found)]);
    return [...keys].flatMap((key) => {
      return differences(promised[key], found[key], at === "" ? key : `${at}.${key}`);
    });
  }
  if (Object.is(promised, found)) return [];
  return [`${where} is ${textOf(found)}, promised was ${textOf(promised)}`];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return value === undefined ? "absent" : JSON.stringify(value);
}
