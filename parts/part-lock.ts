import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Host, partFolder } from './host.ts';
import { withLock } from './lock.ts';

/** Runs an action while nobody else changes the part. */
export function withPartLock<T>(
  host: Host,
  environment: string,
  part: string,
  action: () => Promise<T>,
): Promise<T> {
  const folder = partFolder(host, environment, part);
  mkdirSync(folder, { recursive: true });
  const waiting = ({ pid }: { pid: number }) =>
    host.report({ part, step: 'waiting', detail: `pid ${pid} is changing this part` });
  return withLock(join(folder, 'lock'), host, waiting, action);
}
