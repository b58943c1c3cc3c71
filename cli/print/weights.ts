import type { PushResult } from '../commands/weights.ts';
import type { Paint } from './style.ts';

/** What was brought where. */
export function printPush({ environment, model, bucket, folders }: PushResult, paint: Paint): string {
  return [
    ...folders.map(
      ({ folder, uploaded, unchanged }) =>
        `${bucket}/${folder}: ${uploaded.length} uploaded, ${unchanged.length} were there already`,
    ),
    paint('green', `the weights of ${model} are complete in the bucket of ${environment}`),
  ].join('\n');
}
