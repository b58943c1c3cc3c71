/** Uid of the Prometheus that a provisioned Grafana has; dashboards ask it unless somebody picks another. */
export const DATASOURCE_UID = 'prometheus';
