import { findProcess } from '../../parts/pid.ts';

/** Whether a process runs; one that has ended and was not reaped yet does not. */
export function runs(pid: number): boolean {
  return findProcess(pid)?.zombie === false;
}
