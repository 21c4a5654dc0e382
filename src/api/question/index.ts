/** What is asked of the API, and why it may have no answer. */
export { type Parameter, Query } from "./query.ts";
export { badQuestion, notThere, Refusal, tooBusy } from "./refusal.ts";
