/** Program first. */
type Command = [string, ...string[]];

/** Paths are those that the program itself sees; `listen` is host:port. */
interface Place {
  readonly config: string;
  readonly data: string;
  readonly listen: string;
}

export interface PrometheusPlace extends Place {
  readonly retention: string;
  /** What its data may take of a disk that is its own, in GB. @default - no limit */
  readonly retentionGB?: number;
}

/** Prometheus. */
export function prometheusCommand(place: PrometheusPlace): Command {
  const { config, data, listen, retention, retentionGB } = place;
  return [
    'prometheus',
    ...[`--config.file=${config}`, `--storage.tsdb.path=${data}`],
    `--storage.tsdb.retention.time=${retention}`,
    ...(retentionGB === undefined ? [] : [`--storage.tsdb.retention.size=${retentionGB}GB`]),
    `--web.listen-address=${listen}`,
  ];
}

/** Alertmanager, alone. */
export function alertmanagerCommand({ config, data, listen }: Place): Command {
  return [
    'alertmanager',
    ...[`--config.file=${config}`, `--storage.path=${data}`],
    ...[`--web.listen-address=${listen}`, '--cluster.listen-address='],
  ];
}

/** Grafana as its published image holds it. */
export function grafanaCommand({ config }: Pick<Place, 'config'>): Command {
  return ['grafana', 'server', '--homepath', '/usr/share/grafana', '--config', config];
}
