/** JSON for readers: an object or a list stands in one line where it fits into one. */
export function printForReaders(value: unknown, width = 88, indent = ""): string {
  const line = inOneLine(value);
  if (typeof value !== "object" || value === null || indent.length + line.length <= width) {
    return line;
  }
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item) => `${deeper}${printForReaders(item, width, deeper)}`);
    return `[\n${items.join(",\n")}\n${indent}]`;
  }
  const members = Object.entries(value).map(([key, member]) => {
    return `${deeper}${JSON.stringify(key)}: ${printForReaders(member, width, deeper)}`;
  });
  return `{\n${members.join(",\n")}\n${indent}}`;
}

function inOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inOneLine).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => {
    return `${JSON.stringify(key)}: ${inOneLine(member)}`;
  });
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}
