import type { Environment } from '../../contracts/environment.ts';
import { shippedEnvironment } from './synth.ts';

/** What an operator does to the text of an environment file. */
export type Edit = (text: string) => string;

/** A shipped environment, edited as an operator would. Every edit must change something. */
export function editedEnvironment(name: string, edits: readonly Edit[]): Environment {
  const edit = (text: string) =>
    edits.reduce((before, one) => {
      const after = one(before);
      if (after === before) throw new Error(`an edit did not change the environment: ${one}`);
      return after;
    }, text);
  return shippedEnvironment(name, edits.length === 0 ? undefined : edit);
}
