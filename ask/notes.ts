import { type Call, nameOf } from './calls.ts';

/** What a reader of the result should look at: names that the request does not have, calls that stood in a text. */
export function notesOf(request: string, calls: readonly Call[], fromText: readonly string[]): string[] {
  const chosen = calls
    .filter(({ tool }) => tool.named !== undefined)
    .filter((call) => !request.toLowerCase().includes(nameOf(call).toLowerCase()))
    .map((call) => `${call.tool.name}: the name ${nameOf(call)} is not in the request; the model chose it`);
  const read = [...new Set(fromText)].map((what) => `${what}: the model wrote this call as text`);
  return [...chosen, ...read];
}
