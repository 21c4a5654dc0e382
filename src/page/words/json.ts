/** A value as JSON for people, bounded: the configuration of a network may be as long as its author likes. */
export function prettyJson(value: unknown, max: number = 20_000): string {
  const text = JSON.stringify(value, undefined, 2) ?? "";
  return text.length > max ? `${text.slice(0, max)}\n… ${text.length - max} more characters` : text;
}
