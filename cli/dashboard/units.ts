import type { Unit } from '../../workloads/dashboards/panel.ts';

/** What stands beside a plot's axis. */
export const AXIS_TITLES: Partial<Record<Unit, string>> = {
  'suffix: USD/day': 'USD per day',
  currencyUSD: 'USD',
  s: 'seconds',
  percentunit: 'percent of prompt tokens',
};

/** A value with its unit, three digits at most, as a person would say it. */
export function withUnit(value: number | null, unit: Unit): string {
  if (value === null) return 'unknown';
  switch (unit) {
    case 'currencyUSD':
      return `$${dollars(value)}`;
    case 'suffix: USD/day':
      return `$${dollars(value)}/day`;
    case 's':
      return seconds(value);
    case 'percentunit':
      return `${digits(value * 100)} %`;
    default:
      return digits(value);
  }
}

/** The same for the marks of an axis, where room is little. */
export function onAxis(value: number, unit: Unit): string {
  return withUnit(value, unit === 'suffix: USD/day' ? 'currencyUSD' : unit);
}

function dollars(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  if (value !== 0 && Math.abs(value) < 1) return digits(value);
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}

function seconds(value: number): string {
  if (value === 0) return '0 s';
  return Math.abs(value) < 1 ? `${digits(value * 1000)} ms` : `${digits(value)} s`;
}

function digits(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(value !== 0 && Math.abs(value) < 1 ? 2 : 3)));
}
