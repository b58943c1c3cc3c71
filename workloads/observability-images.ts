/** What runs where an environment does not pin its own: published images, by tag. */
export const PROMETHEUS_IMAGE = 'prom/prometheus:v3.5.0';
export const ALERTMANAGER_IMAGE = 'prom/alertmanager:v0.28.1';
export const GRAFANA_IMAGE = 'grafana/grafana:12.3.0';
