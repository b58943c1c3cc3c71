import type { EnvironmentCost, RungCost, Sum } from '../../contracts/cost.ts';
import { type Paint, table } from './style.ts';

const DOLLARS = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `$265.47 per hour, $193,793 per month`; with machines of unknown price `at least …, plus 2 machines of unknown price`. */
export function printSum({ usdPerHour, usdPerMonth, unknownMachines }: Sum): string {
  const unknown = `${unknownMachines} ${unknownMachines === 1 ? 'machine' : 'machines'} of unknown price`;
  if (unknownMachines > 0 && usdPerHour === 0) return unknown;
  const known = `$${DOLLARS.format(usdPerHour)} per hour, $${WHOLE.format(usdPerMonth)} per month`;
  return unknownMachines === 0 ? known : `at least ${known}, plus ${unknown}`;
}

/** A line for each release and place that its machines come from, the sum, and what it is worth. Empty without machines. */
export function printPrice(cost: EnvironmentCost, paint: Paint): string {
  if (cost.releases.length === 0) return '';
  const rows = cost.releases.flatMap(({ model, release, machine, rungs }) =>
    rungs.map((rung) => [
      `${model} ${release}`,
      `${rung.machines} × ${machine}`,
      rung.reservation === undefined ? rung.from : `${rung.from} ${rung.reservation}`,
      rung.usdPerHour === undefined ? paint('yellow', 'unknown') : DOLLARS.format(rung.usdPerHour),
      originOf(rung),
    ]),
  );
  return [
    table(['release', 'machines', 'from', '$ per hour', 'list price of'], rows, paint),
    `GPU machines: ${printSum(cost)} (730 h); routers, gateway, disks and traffic come on top`,
    ...cost.breakEven.map(
      ({ model, release, outputPrice, outputTokensPerSecond }) =>
        `${model} costs no more than ${release ?? 'the model catalogue'} ($${outputPrice} per million output tokens) from ${WHOLE.format(outputTokensPerSecond)} output tokens per second on, day and night; prompts are not counted`,
    ),
  ].join('\n');
}

function originOf({ from, price, ofOtherRegion }: RungCost): string {
  if (price === undefined) return '';
  const where = ofOtherRegion ? ` (${price.region ?? 'region not said'}, not yours)` : ` ${price.region}`;
  const agreed = from === 'reservation' ? ', on-demand; yours may differ' : '';
  return `${price.date}${where}${agreed}`;
}
