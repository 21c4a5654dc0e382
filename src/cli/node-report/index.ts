/** What `hawser report` is made of: the page's answers, masked, in one file. */
export { collectAnswers, type ReportAnswers } from "./answers.ts";
export { reportFile } from "./file.ts";
export { withoutAddresses, withoutSecrets } from "./masked.ts";
