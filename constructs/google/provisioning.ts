import type { ComputeRegionInstanceTemplateConfig } from '@cdktf/provider-google/lib/compute-region-instance-template/index.js';
import type { Rung } from '../../contracts/capacity.ts';

export type Provisioning = Pick<ComputeRegionInstanceTemplateConfig, 'scheduling' | 'reservationAffinity'>;

/** The longest that Google lends flex-start machines for. */
export const FLEX_START_SECONDS = 7 * 24 * 3600;

/** GPU machines cannot move to another host: maintenance ends them, and Google starts those again that it may. */
const STAY = { onHostMaintenance: 'TERMINATE', automaticRestart: true, preemptible: false } as const;
const GO = { ...STAY, automaticRestart: false } as const;

/** How machines of a rung are asked for. */
export function provisioningOf({ from, reservation }: Rung): Provisioning {
  switch (from) {
    case 'reservation':
      return {
        scheduling: { ...STAY, provisioningModel: 'STANDARD' },
        reservationAffinity: {
          type: 'SPECIFIC_RESERVATION',
          specificReservation: {
            key: 'compute.googleapis.com/reservation-name',
            values: reservation === undefined ? [] : [reservation],
          },
        },
      };
    case 'on-demand':
      return {
        scheduling: { ...STAY, provisioningModel: 'STANDARD' },
        reservationAffinity: { type: 'NO_RESERVATION' },
      };
    case 'flex-start':
      return {
        scheduling: {
          ...GO,
          provisioningModel: 'FLEX_START',
          instanceTerminationAction: 'DELETE',
          maxRunDuration: { seconds: FLEX_START_SECONDS },
        },
        reservationAffinity: { type: 'NO_RESERVATION' },
      };
    case 'spot':
      return {
        scheduling: {
          ...GO,
          provisioningModel: 'SPOT',
          preemptible: true,
          instanceTerminationAction: 'DELETE',
        },
        reservationAffinity: { type: 'NO_RESERVATION' },
      };
    case 'capacity-block':
      throw new Error('platform google has no capacity blocks');
  }
}
