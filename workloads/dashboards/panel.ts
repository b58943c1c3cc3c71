/** Units of a panel, as Grafana names them. */
export type Unit =
  | 'currencyUSD'
  | 's'
  | 'percentunit'
  | 'percent'
  | 'reqps'
  | 'short'
  | 'celsius'
  | 'watt'
  | 'suffix: USD/h'
  | 'suffix: USD/day'
  | 'suffix: tokens/s'
  | 'suffix: tokens/J'
  | 'suffix: per s'
  | 'suffix: per h';

export interface Query {
  /** PromQL with Grafana's `$model`, `$release`, `$__rate_interval`, and in a number `$__range`. */
  readonly expr: string;
  /** Name of each series by its labels: `{{model}} {{release}}`. */
  readonly legend: string;
}

/** One plot, whoever draws it: Grafana or the page of `fleet dashboard`. */
export interface Panel {
  readonly title: string;
  /** What it shows and what to make of it. */
  readonly description: string;
  /**
   * - `lines`: a line for each series
   * - `area`, `bars`: series on top of each other, because their sum means something
   * - `number`: the last value
   * - `heatmap`: a distribution over time; its query gives increases by `le`
   */
  readonly kind: 'lines' | 'area' | 'bars' | 'number' | 'heatmap';
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** Where it begins to be bad. */
  readonly threshold?: { readonly value: number; readonly bad: 'above' | 'below' };
  /** Top of the axis. @default - what the values need */
  readonly max?: number;
  /** Least distance of two points: one for each day, `1d`. @default - as fine as the screen shows */
  readonly step?: string;
  /** Of the 24 columns of a dashboard. @default - 6 for a number, 12 for others */
  readonly width?: number;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** A dashboard before it is anybody's format. */
export interface DashboardPlan {
  /** Stable: links and bookmarks go by it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Variables that its queries use. */
  readonly variables: readonly ('model' | 'release')[];
  readonly rows: readonly Row[];
}

export const MODEL = 'model=~"$model"';
export const RELEASE = 'model=~"$model",release=~"$release"';
export const BY_RELEASE = '{{model}} {{release}}';
const QUANTILES = [0.5, 0.95, 0.99] as const;

/** Sum of a counter's rate by these labels. */
export function rate(metric: string, by: string, selector = RELEASE, window = '$__rate_interval'): string {
  return `sum by (${by}) (rate(${metric}{${selector}}[${window}]))`;
}

/** A quantile of a histogram by these labels. */
export function quantile(share: number, metric: string, by: string, selector = RELEASE): string {
  return `histogram_quantile(${share}, ${rate(`${metric}_bucket`, `${by}, le`, selector)})`;
}

/** Three quantiles of a histogram over all that is selected. */
export function quantiles(metric: string, selector = RELEASE): Query[] {
  return QUANTILES.map((share) => ({
    expr: `histogram_quantile(${share}, ${rate(`${metric}_bucket`, 'le', selector)})`,
    legend: `p${share * 100}`,
  }));
}

/** What a heatmap draws. */
export function distribution(metric: string, selector = RELEASE): Query[] {
  return [
    {
      expr: `sum by (le) (increase(${metric}_bucket{${selector}}[$__rate_interval]))`,
      legend: '{{le}}',
    },
  ];
}

/** a ÷ b, and nothing where b is 0. */
export function ratio(a: string, b: string): string {
  return `${a} / (${b} > 0)`;
}
