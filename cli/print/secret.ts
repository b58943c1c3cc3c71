import type { SecretChange, SecretList } from '../commands/secret.ts';
import { type Paint, table } from './style.ts';

const COLOURS = { present: 'green', empty: 'yellow', absent: 'red', unknown: 'yellow' } as const;

/** One line: where the value is now, never the value. */
export function printSecretChange(
  { name, environment, kind, reference, action }: SecretChange,
  paint: Paint,
): string {
  return paint('green', `secret ${name} of ${environment}: ${action} (${kind} ${reference})`);
}

/** One line per secret. */
export function printSecrets({ environment, secrets }: SecretList, paint: Paint): string {
  if (secrets.length === 0) return `${environment} has no secrets`;
  const rows = secrets.map(({ name, kind, reference, state, why }) => [
    name,
    `${kind} ${reference}`,
    paint(COLOURS[state], why === undefined ? state : `${state}: ${why}`),
  ]);
  return table(['secret', 'kept in', 'value'], rows, paint);
}
