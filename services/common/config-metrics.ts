import { Gauge, type Registry } from 'prom-client';

/** Which configuration is in use, for all programs that read one. */
export interface ConfigMetrics {
  loaded(version: string): void;
  refused(): void;
}

export function createConfigMetrics(registry: Registry): ConfigMetrics {
  const info = new Gauge({
    name: 'fleet_config_info',
    help: 'Always 1; the label is the version of the configuration in use',
    labelNames: ['version'],
    registers: [registry],
  });
  const refused = new Gauge({
    name: 'fleet_config_refused',
    help: '1 if the last reload was refused and an older configuration is in use',
    registers: [registry],
  });
  return {
    loaded(version) {
      info.reset();
      info.set({ version }, 1);
      refused.set(0);
    },
    refused: () => refused.set(1),
  };
}
