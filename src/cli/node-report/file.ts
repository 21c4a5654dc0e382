/** The file of a report: the page with its data in it. */

/** What stands in the page that is built for reports, where the data go. */
const PLACE = '<script type="application/json" id="hawser-report">null</script>';

/** Escaped, since HTML would end the element by the first, and old programs a line by the others. */
const DANGEROUS = /[<>\u2028\u2029]/gu;

/** @throws RangeError when the page has no place for data */
export function reportFile(page: string, data: object): string {
  const parts = page.split(PLACE);
  if (parts.length !== 2) throw new RangeError("the page has no place for the data of a report");
  const json = JSON.stringify(data).replace(DANGEROUS, (sign) => {
    return `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
  return parts.join(PLACE.replace("null", () => json));
}
