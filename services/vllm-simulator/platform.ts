import { randomBytes } from 'node:crypto';
import { createWriteStream, readdirSync, readFileSync } from 'node:fs';
import type { ProcessFacts } from './metrics/process-metrics.ts';
import type { Files } from './record.ts';

export const randomId = (): string => randomBytes(8).toString('hex');

/** Appends lines in batches: one write for all lines of a turn of the event loop. */
function appendTo(path: string): ReturnType<Files['appendTo']> {
  const stream = createWriteStream(path, { flags: 'a' });
  let lines: string[] = [];
  let scheduled = false;
  const flush = () => {
    scheduled = false;
    if (lines.length > 0) stream.write(lines.join(''));
    lines = [];
  };
  return {
    write(line) {
      lines.push(line);
      if (scheduled) return;
      scheduled = true;
      setImmediate(flush);
    },
    close() {
      flush();
      return new Promise((resolve, reject) => {
        stream.once('error', reject);
        stream.end(() => resolve());
      });
    },
  };
}

export const files: Files = { read: (path) => readFileSync(path, 'utf8'), appendTo };

const statusKilobytes = (status: string, name: string) =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);

/** Facts of this process; those that only Linux tells are 0 elsewhere. */
export function processFacts(): ProcessFacts {
  const read = (path: string) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  };
  const openFds = () => {
    try {
      return readdirSync('/proc/self/fd').length;
    } catch {
      return 0;
    }
  };
  const { user, system } = process.cpuUsage();
  return {
    virtualBytes: statusKilobytes(read('/proc/self/status'), 'VmSize') * 1024,
    residentBytes: process.memoryUsage.rss(),
    startSeconds: Date.now() / 1000 - process.uptime(),
    cpuSeconds: (user + system) / 1e6,
    openFds: openFds(),
    maxFds: Number(/^Max open files\s+(\d+)/m.exec(read('/proc/self/limits'))?.[1] ?? 0),
  };
}
