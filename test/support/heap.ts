import type { ChildProcess } from 'node:child_process';
import { WebSocket } from 'undici';
import { onTestFinished } from 'vitest';

/** A program that was started with this can be asked by {@link inspectedHeap}. */
export const INSPECTED = '--inspect=127.0.0.1:0';

/** Asks another Node program, by its inspector, what its heap holds after a full collection. */
export async function inspectedHeap({
  stderr,
}: Pick<ChildProcess, 'stderr'>): Promise<() => Promise<number>> {
  let said = '';
  const url = await new Promise<string>((resolve) => {
    stderr?.on('data', (text) => {
      said += text;
      const [found] = /ws:\/\/\S+(?=\s)/.exec(said) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  const socket = new WebSocket(url);
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  onTestFinished(() => socket.close());
  const waiting = new Map<number, (result: { readonly usedSize?: number }) => void>();
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data));
    waiting.get(id)?.(result);
  });
  let last = 0;
  const ask = (method: string) =>
    new Promise<{ readonly usedSize?: number }>((resolve) => {
      last += 1;
      waiting.set(last, resolve);
      socket.send(JSON.stringify({ id: last, method }));
    });
  return async () => {
    await ask('HeapProfiler.collectGarbage');
    return (await ask('Runtime.getHeapUsage')).usedSize ?? Number.NaN;
  };
}
