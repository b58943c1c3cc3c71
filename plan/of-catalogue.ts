import { MACHINE_CATALOGUE } from '../contracts/machine-catalogue.ts';
import type { Surroundings } from './surroundings.ts';

/** List prices of the machine catalogue, for plans that no environment stands behind. */
export const machinePrice: Surroundings['price'] = (machine, market) => {
  const known = MACHINE_CATALOGUE[machine];
  return (market === 'spot' ? known?.spot : known?.onDemand)?.usdPerHour;
};
