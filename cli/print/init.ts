import type { InitResult } from '../commands/init.ts';

/** What was written and what to do now. */
export function printInit({ files, next }: InitResult): string {
  return [`wrote ${files.join(' and ')}`, 'next:', ...next.map((step) => `  ${step}`)].join('\n');
}
