import { type Rung, rungsOf } from './capacity.ts';
import type { Environment } from './environment.ts';
import type { Machine, MachinePrice } from './machine-catalogue.ts';
import { definitionOf, machineOf, ownPriceOf, releasesOf } from './release.ts';

export type Provisioning = Rung['from'];

/** Hours of a month in the price lists of both clouds. */
export const HOURS_PER_MONTH = 730;

/** Machines of one release that come from one place. */
export interface RungCost {
  readonly from: Provisioning;
  /** Name or id of the reservation. */
  readonly reservation?: string;
  readonly machines: number;
  /** What one of them costs, with date, region and source. Undefined: unknown. */
  readonly price?: MachinePrice;
  /** All of them. Undefined: unknown, which is not zero. */
  readonly usdPerHour?: number;
  /** The price was read for another region, or its source names none. */
  readonly ofOtherRegion: boolean;
}

/** Dollars that are known, and how many machines they leave out. */
export interface Sum {
  readonly usdPerHour: number;
  readonly usdPerMonth: number;
  /** Machines whose price is unknown: the sum lacks them. */
  readonly unknownMachines: number;
}

export interface ReleaseCost extends Sum {
  readonly model: string;
  readonly release: string;
  readonly machine: string;
  readonly rungs: readonly RungCost[];
}

/** What own nodes of a model must generate around the clock to cost no more than a public host. */
export interface BreakEven {
  readonly model: string;
  /** USD per million generated tokens there. */
  readonly outputPrice: number;
  /** The endpoint release that the price is of; undefined: the model catalogue's. */
  readonly release?: string;
  /** Prompt tokens are not counted, so it is an upper bound. */
  readonly outputTokensPerSecond: number;
}

/** What the GPU machines of an environment cost at list price. Routers, gateway, disks, traffic come on top. */
export interface EnvironmentCost extends Sum {
  readonly region?: string;
  readonly releases: readonly ReleaseCost[];
  readonly breakEven: readonly BreakEven[];
}

/**
 * Adds up the GPU machines of a cloud environment; empty on other platforms, whose machines are there anyway.
 * A reservation counts at the on-demand list price: what was agreed for it is not known here. Flex-start is unknown, and
 * so is a capacity block, which was paid for in advance.
 */
export function costOf(environment: Environment): EnvironmentCost {
  const { platform, google, aws } = environment;
  const region = platform === 'google' ? google?.region : platform === 'aws' ? aws?.region : undefined;
  if (platform !== 'google' && platform !== 'aws') return { ...sumOf([]), releases: [], breakEven: [] };
  const releases = releasesOf(environment).flatMap(({ model, name, document: { nodes } }): ReleaseCost[] => {
    if (nodes === undefined) return [];
    const machine = machineOf(environment, nodes.machine);
    const rungs = rungsOf(nodes)
      .filter(({ count }) => count > 0)
      .map((rung) => rungCost(rung, machine, region));
    return [{ model, release: name, machine: nodes.machine, rungs, ...sumOf(rungs) }];
  });
  return {
    region,
    releases,
    breakEven: breakEvenOf(environment, releases),
    ...sumOf(releases.flatMap(({ rungs }) => rungs)),
  };
}

function rungCost(
  { from, reservation, count: machines }: Rung,
  machine: Machine | undefined,
  region: string | undefined,
): RungCost {
  const price = priceOf(from, machine);
  return {
    from,
    reservation,
    machines,
    price,
    usdPerHour: price === undefined ? undefined : round(price.usdPerHour * machines),
    ofOtherRegion: price !== undefined && price.region !== region,
  };
}

function priceOf(from: Provisioning, machine: Machine | undefined): MachinePrice | undefined {
  switch (from) {
    case 'reservation':
    case 'on-demand':
      return machine?.onDemand;
    case 'spot':
      return machine?.spot;
    case 'flex-start':
    case 'capacity-block':
      return undefined;
  }
}

function sumOf(rungs: readonly RungCost[]): Sum {
  const usdPerHour = round(rungs.reduce((sum, rung) => sum + (rung.usdPerHour ?? 0), 0));
  const unknown = rungs.filter((rung) => rung.usdPerHour === undefined);
  return {
    usdPerHour,
    usdPerMonth: round(usdPerHour * HOURS_PER_MONTH),
    unknownMachines: unknown.reduce((sum, { machines }) => sum + machines, 0),
  };
}

/** A model with a machine of unknown price, or without a price elsewhere, has no such number. */
function breakEvenOf(environment: Environment, releases: readonly ReleaseCost[]): BreakEven[] {
  const models = [...new Set(releases.map(({ model }) => model))];
  return models.flatMap((model): BreakEven[] => {
    const sum = sumOf(releases.filter((release) => release.model === model).flatMap(({ rungs }) => rungs));
    const elsewhere = cheapestElsewhere(environment, model);
    if (sum.unknownMachines > 0 || elsewhere === undefined || elsewhere.outputPrice === 0) return [];
    const perSecond = sum.usdPerHour / 3600;
    return [{ model, ...elsewhere, outputTokensPerSecond: perSecond / (elsewhere.outputPrice / 1e6) }];
  });
}

function cheapestElsewhere(
  environment: Environment,
  model: string,
): Pick<BreakEven, 'outputPrice' | 'release'> | undefined {
  const [cheapest] = releasesOf(environment)
    .filter((release) => release.model === model && release.kind === 'endpoint')
    .flatMap((release) => {
      const price = ownPriceOf(environment, release);
      return price === undefined ? [] : [{ outputPrice: price.output, release: release.name }];
    })
    .toSorted((a, b) => a.outputPrice - b.outputPrice);
  if (cheapest !== undefined) return cheapest;
  const catalogue = definitionOf(environment, model)?.price;
  return catalogue === undefined ? undefined : { outputPrice: catalogue.output };
}

/** To millionths of a dollar: sums of list prices carry no more. */
function round(usd: number): number {
  return Math.round(usd * 1e6) / 1e6;
}
