import { counter, type Family, gauge, pythonNumber } from './exposition.ts';

/** What the operating system says about the simulator's own process. */
export interface ProcessFacts {
  readonly virtualBytes: number;
  readonly residentBytes: number;
  /** Seconds since the epoch. */
  readonly startSeconds: number;
  readonly cpuSeconds: number;
  readonly openFds: number;
  readonly maxFds: number;
}

/**
 * The part of the page that Python's client adds. `process_*` is true of the simulator; the interpreter's own
 * (`python_*`) only keeps the page's shape: garbage collections are 0.
 */
export function createProcessMetrics(facts: () => ProcessFacts): Family[] {
  const generations = ['0', '1', '2'].map((generation) => ({ generation }));
  const seconds = () => 0;
  const collector = (name: string, help: string) =>
    counter({ name: `python_gc_${name}`, help, series: generations, created: false, seconds });
  const value = (name: string, help: string, read: (now: ProcessFacts) => number) =>
    gauge({ name: `process_${name}`, help, read: () => [[{}, read(facts())]] });
  const cpuHelp = 'Total user and system CPU time spent in seconds.';
  const cpu: Family = {
    render: () =>
      `# HELP process_cpu_seconds_total ${cpuHelp}\n# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total ${pythonNumber(facts().cpuSeconds)}\n`,
  };
  return [
    collector('objects_collected', 'Objects collected during gc'),
    collector('objects_uncollectable', 'Uncollectable objects found during GC'),
    collector('collections', 'Number of times this generation was collected'),
    gauge({
      name: 'python_info',
      help: 'Python platform information',
      read: () => [
        [{ implementation: 'CPython', major: '3', minor: '11', patchlevel: '7', version: '3.11.7' }, 1],
      ],
    }),
    value('virtual_memory_bytes', 'Virtual memory size in bytes.', (now) => now.virtualBytes),
    value('resident_memory_bytes', 'Resident memory size in bytes.', (now) => now.residentBytes),
    value(
      'start_time_seconds',
      'Start time of the process since unix epoch in seconds.',
      (now) => now.startSeconds,
    ),
    cpu,
    value('open_fds', 'Number of open file descriptors.', (now) => now.openFds),
    value('max_fds', 'Maximum number of open file descriptors.', (now) => now.maxFds),
  ];
}
