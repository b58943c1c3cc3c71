/** Files below `templates/` that make up the monitoring machine's user data. Steps that others have too are theirs. */
export const MONITORING_TEMPLATES = {
  cloudConfig: 'monitoring/monitoring.yaml',
  file: 'cloud-init/file.yaml',
  target: 'monitoring/fleet.target',
  engineUnit: 'router/fleet-engine.service',
  imageUnit: 'systemd/fleet-image.service',
  inputsUnit: 'monitoring/fleet-inputs.service',
  refreshUnit: 'monitoring/fleet-refresh.service',
  diskUnit: 'monitoring/fleet-disk.service',
  partUnit: 'monitoring/fleet-part.service',
  failedUnit: 'systemd/fleet-failed@.service',
  logsUnit: 'systemd/fleet-logs.service',
  nodeExporterUnit: 'systemd/fleet-node-exporter.service',
  lib: 'node/lib.sh',
  engine: 'router/engine.sh',
  install: 'node/install.sh',
  fetchProgram: 'node/fetch.py',
  image: 'node/image.sh',
  inputs: 'router/inputs.sh',
  refresh: 'monitoring/refresh.sh',
  disk: 'monitoring/disk.sh',
  part: 'monitoring/part.sh',
  failed: 'node/failed.sh',
  logs: 'node/logs.sh',
} as const;

/** The texts of the files that `MONITORING_TEMPLATES` names. */
export type MonitoringTemplate = Readonly<Record<keyof typeof MONITORING_TEMPLATES, string>>;
