/** Something that happened, as a query that is above 0 for a minute from then on. */
export interface Happening {
  readonly name: string;
  readonly expr: string;
  /** Text by the labels of the series. */
  readonly title: string;
  readonly color: string;
}

/** Both versions of a document that jobs may have in use: at some time. */
const versions = (offset = '') => `fleet_config_info${offset} or fleet_router_document_info${offset}`;

/**
 * Weight changes and deploys, from metrics alone: whoever changes something, by whatever way, it shows. Both survive the
 * restart of what reports them; after Prometheus itself was away nothing is new that cannot be known to be.
 */
export const HAPPENINGS: readonly Happening[] = [
  {
    name: 'Weight changes',
    expr: 'sum by (model, release) (changes(max by (model, release) (fleet_release_weight_percent)[1m:15s])) > 0',
    title: '{{model}} {{release}}: another weight',
    color: 'orange',
  },
  {
    name: 'Deploys',
    expr: `count by (job, version) (${versions()}) unless on (job, version) (${versions(' offset 1m')}) and on (job) (${versions(' offset 1m')})`,
    title: '{{job}} applied {{version}}',
    color: 'blue',
  },
];
