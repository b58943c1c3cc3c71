import type { Observed, Quantiles } from '../canary/observed.ts';
import type { CanaryStatus, ReleaseRow } from '../commands/canary-status.ts';
import { type Paint, table } from './style.ts';

const HEAD = [
  ...['model', 'release', 'role', 'wanted', 'applied', 'requests', 'of requests', 'of tokens', 'of dollars'],
  ...['errors', 'first token p50/p95', 'inter-token p50/p95'],
];

/** One line per release; below what is not known and why. */
export function printCanaryStatus(status: CanaryStatus, paint: Paint): string {
  const { minutes, rows, routers, delivered, applied, routersUnknown, prometheusUnknown } = status;
  const head = prometheusUnknown === undefined ? HEAD : HEAD.slice(0, 5);
  return [
    table(
      head,
      rows.map((row) => cells(row, paint).slice(0, head.length)),
      paint,
    ),
    ...(prometheusUnknown === undefined
      ? [paint('dim', `observed over the last ${minutes} minutes`)]
      : [paint('yellow', `nothing is observed: ${prometheusUnknown}`)]),
    ...(routersUnknown === undefined
      ? []
      : [paint('yellow', `the routers were not asked: ${routersUnknown}`)]),
    ...routers
      .filter(({ version, error }) => version !== delivered || error !== undefined)
      .map(({ router, version, error }) =>
        paint(
          'red',
          `${router} answers with version ${version ?? 'none'}, delivered is ${delivered ?? 'none'}${error === undefined ? '' : `: ${error}`}`,
        ),
      ),
    applied || routersUnknown !== undefined
      ? ''
      : paint('yellow', 'the routers do not do what the file wants; `fleet up` delivers it'),
  ]
    .filter((line) => line !== '')
    .join('\n');
}

function cells({ model, release, role, wanted, applied, observed }: ReleaseRow, paint: Paint): string[] {
  const differs = applied === undefined || Math.abs(applied - wanted) > 0.011;
  const shown = applied === undefined ? '?' : `${applied.toFixed(2)} %`;
  return [
    ...[model, release, role ?? '', `${wanted.toFixed(2)} %`, differs ? paint('yellow', shown) : shown],
    ...(observed === undefined ? [] : observedCells(observed)),
  ];
}

function observedCells(observed: Observed): string[] {
  const { requests, requestShare, tokenShare, dollarShare, errorRatio, firstToken, interToken } = observed;
  return [
    ...[String(requests), percent(requestShare), percent(tokenShare), percent(dollarShare)],
    ...[percent(errorRatio), milliseconds(firstToken), milliseconds(interToken)],
  ];
}

function percent(share: number | undefined): string {
  return share === undefined ? '-' : `${(share * 100).toFixed(2)} %`;
}

function milliseconds(quantiles: Quantiles | undefined): string {
  if (quantiles === undefined) return '-';
  return `${[quantiles.p50, quantiles.p95].map((seconds) => (seconds * 1000).toFixed(1)).join(' / ')} ms`;
}
