import { HIDDEN, isSecretName, withoutKeys } from '../../plan/secret-shapes.ts';
import type { Variables } from '../context.ts';

const SHORTEST = 6;

/** Takes what the environment calls a secret, and what has the shape of a key, out of what other programs say. */
export function hidingSecrets(env: Variables): (text: string) => string {
  const values = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && value.length >= SHORTEST && isSecretName(name) ? [value] : [],
  );
  return (text) => withoutKeys(values.reduce((clean, value) => clean.replaceAll(value, HIDDEN), text));
}
