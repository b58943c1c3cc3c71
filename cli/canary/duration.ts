import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** `90s`, `10m`, `2h` as seconds. */
export function seconds(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (factor === undefined) throw new InvalidArgumentError('It must be a duration such as 90s, 10m or 2h.');
  return Number(number) * factor;
}

/** `90 s`, `10 min`, `2.5 h` */
export function durationText(value: number): string {
  if (value < 120) return `${Math.ceil(value)} s`;
  return value < 7200 ? `${Math.ceil(value / 60)} min` : `${(value / 3600).toFixed(1)} h`;
}
